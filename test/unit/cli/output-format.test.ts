import {expect, test} from 'vitest';
import {runCli} from '../../helpers/run-cli.ts';

test.each([
	[['embed', 'a', '--json', '-f', 'npy'], 'json beside --json, not "npy"'],
	[['rerank', 'a?', 'b', '--json', '-f', 'ndjson'], 'json beside --json, not "ndjson"'],
	[['transcribe', 'a.wav', '--json', '-f', 'srt'], 'json beside --json, not "srt"'],
	[['embed', 'a', '-f', 'doc'], 'one of json, ndjson, npy, not "doc"'],
	[['rerank', 'a?', 'b', '-f', 'doc'], 'one of text, json, ndjson, not "doc"'],
	[['transcribe', 'a.wav', '-f', 'doc'], 'one of text, json, srt, vtt, tsv, not "doc"'],
])('two forms at once, or none that there is, are refused: %j', async (argv, expected) => {
	const {code, out, err} = await runCli(argv);
	expect({code, out}).toEqual({code: 2, out: ''});
	expect(err).toContain(`error: --format: expected ${expected}\n`);
});
