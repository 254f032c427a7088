/** The one door of the command line to installing plugins: whoever asks for it does it, never the daemon. */
export {installPlugin, isInstalled, removePlugin, type InstalledPlugin} from '../plugins/install.ts';
