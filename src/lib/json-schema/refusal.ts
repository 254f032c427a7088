import {MofaError} from '../../contract/error.ts';

/** Ends the conversion: a keyword that cannot be enforced is never passed over. */
export function refuse(path: string, expected: string): never {
	throw new MofaError('invalid-request', {path, expected});
}
