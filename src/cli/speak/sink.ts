import type {SoundFormat} from './player.ts';

/** Where sound goes. Opened with the first of it, so that a failure before leaves no file and starts no player. */
export interface Sink {
	open(format: SoundFormat): Promise<void>;
	/** 16-bit samples; settles when more may come. */
	write(pcm: Uint8Array): Promise<void>;
	/** After the last samples, or after those that came before a failure: what there is stays usable. */
	close(outcome: 'done' | 'cut'): Promise<void>;
}
