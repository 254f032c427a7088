import {expect, test} from 'vitest';
import {parseEngineReport, parseRunEvent, parseRunnerNotice} from '../../../../src/backends/worker/protocol.ts';

const state = {footprint: {ram: 5}, slots: 2, usefulThreads: 4};

test('an engine report is taken apart field by field', () => {
	expect(parseEngineReport({tasks: ['chat'], state: {...state, extra: 1}, shrinks: true, more: 1})).toEqual({
		tasks: ['chat'],
		state,
		shrinks: true,
		setsThreads: false,
	});
});

test.each([
	null,
	{},
	{tasks: 'chat', state},
	{tasks: [], state: {...state, footprint: {ram: -1}}},
	{tasks: [], state: {...state, footprint: {ram: NaN}}},
	{tasks: [], state: {...state, slots: 'many'}},
])('an engine report that is none is refused: %j', report => {
	expect(() => parseEngineReport(report)).toThrow(TypeError);
});

test('slots and threads are at least one', () => {
	const report = parseEngineReport({tasks: [], state: {...state, slots: 0, usefulThreads: 0.5}, longestCall: 1e12});
	expect(report.longestCall).toBe(3_600_000);
	expect(report.state).toMatchObject({slots: 1, usefulThreads: 1});
});

test('notices of unknown types are refused, and progress never exceeds the whole', () => {
	expect(() => parseRunnerNotice({type: 'dance'})).toThrow(TypeError);
	expect(parseRunnerNotice({type: 'progress', fraction: 7})).toEqual({type: 'progress', fraction: 1});
});

test('the last words of a runner become one printable line', () => {
	const problem = `\u001B[31mbad\nfile ${'x'.repeat(1e6)}`;
	const notice = parseRunnerNotice({type: 'fault', problem});
	expect(notice).toMatchObject({problem: expect.stringMatching(/^bad file x+$/)});
	expect(JSON.stringify(notice).length).toBeLessThan(2100);
});

test('an event and a warning are told apart, whatever the event holds', () => {
	expect(parseRunEvent({event: {warning: 'mine'}})).toEqual({event: {warning: 'mine'}});
	expect(parseRunEvent({warning: {setting: 's', message: 'm'}})).toEqual({warning: {setting: 's', message: 'm'}});
	const warning = {setting: 's', message: 'm', cut: {texts: 1, of: 2, tokens: 3}};
	expect(parseRunEvent({warning})).toEqual({warning});
	expect(() => parseRunEvent({warning: {...warning, cut: {texts: -1, of: 2, tokens: 3}}})).toThrow(/texts/);
});
