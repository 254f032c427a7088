import {X509Certificate} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {createSecureContext, rootCertificates, type SecureContext} from 'node:tls';
import {MofaError} from '../../contract/error.ts';
import {cleanToken, type HubSettings} from './hub-settings.ts';

/** A token file is a line. */
const longestToken = 16_384;

/** Null without one. A file that is not there or not readable is no token, as with Python's `huggingface_hub`. */
export function readToken({token, tokenFile}: Pick<HubSettings, 'token' | 'tokenFile'>): string | null {
	if (token !== null || tokenFile === null) return token;
	try {
		return cleanToken(readFileSync(tokenFile, 'utf8').slice(0, longestToken));
	} catch {
		return null;
	}
}

/**
 * The usual authorities and those of the files; null where there are no files. Made once: parsing a hundred and fifty
 * certificates for every connection takes longer than the connection. Throws `file-error`.
 */
export function readCertificates(files: readonly string[]): SecureContext | null {
	if (files.length === 0) return null;
	return createSecureContext({ca: [...rootCertificates, ...[...new Set(files)].map(readCertificate)]});
}

function readCertificate(file: string): string {
	const text = attempt(file, () => readFileSync(file, 'utf8'));
	// A context passes in silence over what it cannot read.
	attempt(file, () => new X509Certificate(text), 'it holds no certificate: ');
	return text;
}

function attempt<T>(file: string, action: () => T, problem = ''): T {
	try {
		return action();
	} catch (error) {
		const words = error instanceof Error ? error.message : String(error);
		throw new MofaError('file-error', {path: file, problem: `${problem}${words}`}, {cause: error});
	}
}
