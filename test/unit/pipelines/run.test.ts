import {expect, test} from 'vitest';
import {echoes, fakeHost, hears, runPackets, shorten, signal, sound, speaks, text} from '../../helpers/fake-pipeline.ts';

test('values go through the stages in order, and the end comes last', async () => {
	const host = fakeHost({asr: hears, llm: echoes, tts: speaks});
	const events = await runPackets(host, ['asr', 'llm', 'tts'], [sound(1), sound(2)]);
	expect(shorten(events)).toEqual(['audio 7', 'audio 7', '[end]']);
	expect(host.held()).toBe(0);
});

test('a turn ends with a flush, and the next question remembers it', async () => {
	const questions: unknown[] = [];
	const host = fakeHost({
		llm: {
			...echoes,
			act(request, context) {
				questions.push((request as {messages: unknown}).messages);
				return echoes.act(request, context);
			},
		},
	});
	const events = await runPackets(host, ['llm?system=short'], [text('a '), text('b'), signal('flush'), text('c')]);
	expect(shorten(events)).toEqual(['a! ', 'b! ', '[flush]', 'c! ', '[end]']);
	expect(questions[1]).toEqual([
		{role: 'system', content: 'short'},
		{role: 'user', content: 'a b'},
		{role: 'assistant', content: 'a! b! '},
		{role: 'user', content: 'c'},
	]);
});
