import type {InstalledModel} from '../contract/manifest.ts';
import type {ModelReport} from '../contract/report.ts';

export type ModelSource = 'starter' | 'hub-cache' | 'adopted' | 'file' | 'plugin';

/** A line of the list: all that is known of a model without opening its files. */
export interface LibraryEntry extends ModelReport {
	readonly source: ModelSource;
	/** Of the Hub; null for files that came another way. */
	readonly repository: string | null;
	readonly commit: string | null;
	readonly revision: string | null;
}

/** A model that is on this machine, its files looked into. */
export interface LibraryModel {
	readonly installed: InstalledModel;
	readonly source: ModelSource;
	readonly bytes: number;
	readonly modifiedAt: Date | null;
	readonly origin: string | null;
	readonly repository: string | null;
	readonly commit: string | null;
	readonly revision: string | null;
	readonly files: readonly LibraryFile[];
}

export interface LibraryFile {
	readonly role: string;
	/** Relative to the snapshot or the folder of the model. */
	readonly file: string;
	readonly path: string;
	readonly bytes: number;
	/** As the store names the file by it; null where none is known. */
	readonly hash: string | null;
}

/** Where a short name leads: a file of a repository, the first of the weights. */
export interface RegisteredFile {
	readonly repository: string;
	readonly revision: string | null;
	readonly file: string;
}
