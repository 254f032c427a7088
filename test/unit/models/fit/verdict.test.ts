import {expect, test} from 'vitest';
import {decide, type Prospect, type Room} from '../../../../src/models/fit/verdict.ts';

const room: Room = {capacity: {ram: 10e9}, free: {ram: 4e9}, evictable: {ram: 3e9}};
const build = (tag: string, gigabytes: number | null, obstacle: string | null = null): Prospect => ({
	tag,
	needs: gigabytes === null ? null : {ram: gigabytes * 1e9},
	obstacle,
});
const verdicts = (prospects: readonly Prospect[]): readonly string[] =>
	decide(prospects, room, null).judgements.map(({verdict}) => verdict);

test('a build fits, fits once idle models made way, or does not fit', () => {
	expect(verdicts([build('q4', 3), build('q6', 6), build('q8', 9), build('f16', 12)])).toEqual([
		'fits',
		'fits-after-eviction',
		'fits-after-eviction',
		'does-not-fit',
	]);
});

test('memory of other programs is told apart from memory of idle models', () => {
	const [idle, others] = decide([build('q6', 6), build('q8', 9)], room, null).judgements;
	expect(idle?.because).toContain('idle models make way');
	expect(others?.because).toContain('other programs');
});

test('the first in the order of preference that will do is taken, and those before it have reasons', () => {
	const {chosen, reasons} = decide([build('f16', 12), build('q8', 9), build('q4', 3)], room, null);
	expect(chosen).toBe(1);
	expect(reasons[0]).toBe('f16: needs 12 GB of ram, 10 GB can be had');
	expect(reasons.at(-1)).toContain('q8');
});

test('what the user named is judged alone, and refused when it does not fit', () => {
	const builds = [build('q4', 3), build('f16', 12)];
	expect(decide(builds, room, 'q4').chosen).toBe(0);
	expect(decide(builds, room, 'f16')).toMatchObject({chosen: null, reasons: [expect.stringContaining('f16')]});
});

test('what nothing runs is never taken', () => {
	const {chosen, judgements} = decide([build('onnx', 1, 'no adapter runs onnx files')], room, null);
	expect(chosen).toBeNull();
	expect(judgements[0]).toEqual({verdict: 'cannot-run', because: 'no adapter runs onnx files'});
});

test('a build of unknown needs is taken only after all that surely fit', () => {
	expect(decide([build('q5', null), build('q4', 3)], room, null).chosen).toBe(1);
	const open = decide([build('q5', null), build('f16', 12)], room, null);
	expect(open.chosen).toBe(0);
	expect(open.reasons.at(-1)).toBe('q5: the first in order of preference that may do');
});

test('a pool that the machine lacks has no room', () => {
	expect(decide([{tag: 'q4', needs: {'cuda:0': 1}, obstacle: null}], room, null).judgements[0]?.verdict).toBe(
		'does-not-fit',
	);
});
