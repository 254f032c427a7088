import {expect, test} from 'vitest';
import {voicesByFile, voicesOfPiper, voicesOfSupertone} from '../../../../src/models/cache/describe-voices.ts';

test('voices of Kokoro say by their names what they speak, and the best comes first', () => {
	expect(voicesByFile(['config.json', 'voices/zf_xiaoyi.bin', 'voices/am_adam.bin', 'voices/af_heart.bin'])).toEqual([
		{name: 'af_heart', language: 'en-US', description: 'a woman'},
		{name: 'am_adam', language: 'en-US', description: 'a man'},
		{name: 'zf_xiaoyi', language: 'zh', description: 'a woman'},
	]);
	expect(voicesByFile(['voices/F1.json', 'voices/../x.bin', 'voices.bin'])).toEqual([{name: 'F1', language: 'en'}]);
});

test('voices of Supertone speak what their model was trained on', () => {
	const files = [
		'onnx/tts.json',
		'voice_styles/M1.json',
		'voice_styles/F2.json',
		'voice_styles/mine.json',
		'voices/a.json',
	];
	expect(voicesOfSupertone({split: 'opensource-multilingual'}, files)).toEqual([
		{name: 'F2', language: 'mul', description: 'a woman'},
		{name: 'M1', language: 'mul', description: 'a man'},
		{name: 'mine', language: 'mul'},
	]);
	expect(voicesOfSupertone({split: 'opensource-en'}, files)[0]).toMatchObject({name: 'F2', language: 'en'});
	expect(voicesOfSupertone(null, ['voice_styles/../x.json', 'config.json'])).toEqual([]);
});

test('a voice of Piper is its speakers, or itself', () => {
	const config = {espeak: {voice: 'de'}, language: {code: 'de_DE'}, speaker_id_map: {second: 1, first: 0}};
	expect(voicesOfPiper(config, 'x')).toEqual([
		{name: 'first', language: 'de-DE'},
		{name: 'second', language: 'de-DE'},
	]);
	expect(voicesOfPiper({espeak: {voice: 'fr'}, speaker_id_map: {}}, 'fr_FR-tom')).toEqual([
		{name: 'fr_FR-tom', language: 'fr'},
	]);
	expect(voicesOfPiper({speaker_id_map: 5, language: {code: 7}}, 'x')).toEqual([{name: 'x', language: 'en'}]);
});
