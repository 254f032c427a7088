import os from 'node:os';
import path from 'node:path';

/** What a user types to mean a model. */
export type ModelReference =
	| {readonly kind: 'file'; readonly path: string}
	/** `guide`, `org/repo`, `org/repo:Q8_0`; `variant` is what stands behind the colon. */
	| {readonly kind: 'name'; readonly name: string; readonly variant: string | null};

/** A path is what looks like one (`./x`, `/x`, `~/x`, `C:\x`, `x.gguf`); everything else is a name. */
export function parseReference(text: string, workingFolder: string = process.cwd()): ModelReference {
	const trimmed = text.trim();
	if (/^~(?=[/\\]|$)/.test(trimmed)) return {kind: 'file', path: path.join(os.homedir(), trimmed.slice(1))};
	if (/^(\.{1,2}([/\\]|$)|\/|[a-z]:[/\\])/i.test(trimmed) || /\.gguf$/i.test(trimmed))
		return {kind: 'file', path: path.resolve(workingFolder, trimmed)};
	const [name = '', variant = null] = trimmed.replace(/^(https?:\/\/)?(hf\.co|huggingface\.co)\//i, '').split(':', 2);
	return {kind: 'name', name, variant: variant === '' ? null : variant};
}
