import {choice, toGbnf} from './gbnf.ts';
import {jsonRules, parts} from './json-grammar.ts';

/** GBNF for any JSON object or array, with bounded white space. */
export const anyJsonGrammar: string = toGbnf(jsonRules, choice(parts.object, parts.array)) ?? '';
