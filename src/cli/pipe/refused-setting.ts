import {MofaError} from '../../contract/error.ts';

export interface RefusedSetting {
	/** The id of the stage. */
	readonly stage: string;
	readonly setting: string;
	readonly expected: string;
}

/** What whoever plans a pipeline says of one setting of a stage; null for any other failure. */
export function refusedSetting(error: unknown): RefusedSetting | null {
	if (!MofaError.is(error, 'invalid-request') || error.data.unknown !== undefined) return null;
	const [, stage, setting] = /^([\w-]+)\.([\w-]+)$/.exec(error.data.path) ?? [];
	return stage === undefined || setting === undefined ? null : {stage, setting, expected: error.data.expected};
}
