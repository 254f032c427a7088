import {adapters} from '../../adapters/index.ts';
import {pluginAdapters} from '../../plugins/import-plugin.ts';
import {serveRunner} from './serve-runner.ts';

/** The entry of a runner process, bundled to `dist/runner.js`. */
serveRunner(adapters, pluginAdapters);
