import type {Token} from 'node-llama-cpp';

/** Numbers that were checked against the vocabulary. */
export const asTokens = (ids: readonly number[]): readonly Token[] => ids as readonly Token[];
