/** The one door of the command line to everything behind the client, for `--no-daemon`; opened lazily. */
export {openInProcess} from '../daemon/in-process.ts';
