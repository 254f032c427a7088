/** The form of the command reference. */
export interface Command {
	readonly name: string;
	readonly aliases?: readonly string[];
	readonly summary: string;
	readonly arguments?: readonly Argument[];
	readonly options?: readonly Option[];
	readonly examples?: readonly Example[];
	readonly commands?: readonly Command[];
}

export interface Argument {
	/** As commander writes it: `<required>`, `[optional]`, `[many...]`. */
	readonly usage: string;
	readonly summary: string;
	readonly completes?: Completes;
}

export interface Option {
	/** As commander writes it: `-k, --keep-alive <duration>`. */
	readonly flags: string;
	readonly summary: string;
	readonly repeats?: boolean;
	readonly completes?: Completes;
}

/** What the shell offers at this place; `known`: models that are here and those of the registry. */
export type Completes = 'model' | 'known' | 'resident' | 'backend' | 'file' | 'setting' | 'voice' | readonly string[];

export interface Example {
	readonly line: string;
	readonly does: string;
}

export const json: Option = {flags: '--json', summary: 'print JSON for scripts (schema: mofa help --json)'};
export const yes: Option = {flags: '-y, --yes', summary: 'answer yes to every question'};
