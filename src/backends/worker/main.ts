import {adapters} from '../../adapters/index.ts';
import {serveRunner} from './serve-runner.ts';

/** The entry of a runner process, bundled to `dist/runner.js`. */
serveRunner(adapters);
