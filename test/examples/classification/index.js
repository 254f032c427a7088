import {definePlugin} from 'mofa';
import {pictureClassifier} from './picture-classifier.js';
import {classification} from './task.js';

export default definePlugin({
	apiVersion: 1,
	name: 'classification',
	tasks: [classification],
	adapters: [pictureClassifier],
	models: new URL('./models/', import.meta.url),
});
