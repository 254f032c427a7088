import {getLlama, type Llama} from 'node-llama-cpp';
import {beforeAll, describe, expect, test} from 'vitest';
import {anyJsonGrammar} from '../../../../src/lib/json-schema/any-json.ts';
import {schemaToGrammar} from '../../../../src/lib/json-schema/to-grammar.ts';
import {schemaCases} from './cases.ts';

/** llama.cpp's own reading of the grammars: the same texts, the same answers. */
let llama: Llama;
beforeAll(async () => {
	llama = await getLlama({gpu: false, build: 'never', logLevel: 'disabled' as never});
});

const allows = async (
	grammar: string,
	texts: readonly string[],
): Promise<ReadonlyArray<readonly [string, boolean]>> => {
	const compiled = await llama.createGrammar({grammar});
	const {_testText: testText} = compiled as unknown as {_testText(text: string): boolean};
	return texts.map(text => [text, testText.call(compiled, text)] as const);
};

describe('llama.cpp', () => {
	test.each(schemaCases)('reads the grammar of $name', async ({schema, good, bad}) => {
		const answers = await allows(schemaToGrammar(schema), [...good, ...bad]);
		expect(answers).toEqual([...good.map(text => [text, true]), ...bad.map(text => [text, false])]);
	});

	test('reads the grammar of any JSON', async () => {
		expect(await allows(anyJsonGrammar, ['{"a": [1]}', '1'])).toEqual([
			['{"a": [1]}', true],
			['1', false],
		]);
	});
});
