import {definePlugin} from 'mofa';
import {quickdraw} from './quickdraw.js';

/** No task of its own: it draws for the one that mofa has, and so has its command, its endpoints and its pipelines. */
export default definePlugin({apiVersion: 1, name: 'quickdraw', adapters: [quickdraw]});
