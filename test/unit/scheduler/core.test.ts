import {expect, test} from 'vitest';
import {MofaError} from '../../../src/contract/error.ts';
import {candidate, ram, setup} from './harness.ts';

const crash = new MofaError('runner-failed', {model: 'a', reason: 'exited', detail: 'signal 6'});

test('two asks for one model share one load', () => {
	const {ask, loaded, take} = setup(10);
	ask(1, 'a', 4);
	ask(2, 'a', 4);
	loaded('a', 4, {slots: 2});
	expect(take()).toEqual(['load a', 'grant 1 a', 'grant 2 a']);
});

test('models that fit together load at the same time and stay together', () => {
	const {ask, loaded, take} = setup(10);
	ask(1, 'a', 4);
	ask(2, 'b', 4);
	expect(take()).toEqual(['load a', 'load b']);
	loaded('b', 4);
	loaded('a', 4);
	expect(take()).toEqual(['grant 2 b', 'grant 1 a']);
});

test('an idle model makes room, and the load waits until its memory is free', () => {
	const {core, ask, settle, take} = setup(10);
	settle('a', 8);
	ask(1, 'b', 8);
	expect(take()).toEqual(['unload a room']);
	core.unloaded('a');
	expect(take()).toEqual(['load b']);
});

test('a leased model is never evicted; the ask waits for its release', () => {
	const {core, ask, loaded, take} = setup(10);
	ask(1, 'a', 8);
	loaded('a', 8);
	take();
	ask(2, 'b', 8);
	expect(take()).toEqual([]);
	core.release(1);
	expect(take()).toEqual(['unload a room']);
	core.unloaded('a');
	expect(take()).toEqual(['load b']);
});

test('while one eviction is on its way no further engine is evicted for the same ask', () => {
	const {core, ask, settle, take, clock} = setup(10);
	settle('a', 5);
	clock.now = 10;
	settle('b', 5);
	ask(1, 'c', 5);
	expect(take()).toEqual(['unload a room']);
	ask(2, 'b', 5);
	core.release(2);
	expect(take()).toEqual(['grant 2 b', 'wake b 300']);
});

test('a model larger than the machine is refused at once, with the bytes needed and had', () => {
	const {ask, take, errors} = setup(10);
	ask(1, 'huge', 11);
	expect(take()).toEqual(['reject 1 does-not-fit']);
	expect(errors.get(1)?.data).toEqual({
		model: 'huge',
		needs: {ram: 11},
		has: {ram: 10},
		passedOver: [{variant: 'f16', adapter: 'plain', because: 'needs 11 bytes of ram, 10 can be had'}],
	});
});

test('a model that cannot fit beside a pinned one is refused instead of waiting for ever', () => {
	const {ask, settle, take, errors} = setup(10);
	settle('a', 8, {}, {keepAlive: Infinity});
	ask(1, 'b', 8);
	expect(take()).toEqual(['reject 1 does-not-fit']);
	expect(errors.get(1)?.data).toMatchObject({has: {ram: 2}});
});

test('the next candidate is loaded when the first can never fit', () => {
	const {ask, loaded, take} = setup(10);
	const model = 'a';
	ask(1, model, 0, {candidates: [candidate('a:f16', 20, {model}), candidate('a:q8', 9, {model})]});
	expect(take()).toEqual(['load a:q8']);
	loaded('a:q8', 9);
	expect(take()).toEqual(['grant 1 a:q8']);
});

test('a candidate that fits later is waited for, not replaced by a smaller one', () => {
	const {ask, loaded, take} = setup(10);
	ask(1, 'b', 5);
	loaded('b', 5);
	take();
	ask(2, 'a', 0, {candidates: [candidate('a:f16', 8), candidate('a:q8', 4)]});
	expect(take()).toEqual([]);
});

test('a refusal lists every candidate that was passed over', () => {
	const {ask, errors} = setup(10);
	const candidates = [candidate('a:f16', 30), candidate('a:q8', 20, {variant: 'q8'})];
	ask(1, 'a', 0, {candidates});
	expect(errors.get(1)?.data).toEqual({
		model: 'a',
		needs: {ram: 30},
		has: {ram: 10},
		passedOver: [
			{variant: 'f16', adapter: 'plain', because: 'needs 30 bytes of ram, 10 can be had'},
			{variant: 'q8', adapter: 'plain', because: 'needs 20 bytes of ram, 10 can be had'},
		],
	});
});

test('a resident candidate is used before a preferred one is loaded', () => {
	const {ask, settle, take} = setup(20);
	settle('a:q8', 5);
	ask(1, 'a', 0, {candidates: [candidate('a:f16', 9), candidate('a:q8', 5)]});
	expect(take()).toEqual(['grant 1 a:q8']);
});

test('an ask without settings joins an engine of the same model with other settings', () => {
	const {ask, settle, take} = setup(20);
	settle('a#8k', 5, {}, {candidates: [candidate('a#8k', 5, {model: 'a'})]});
	ask(1, 'a', 5, {joins: ({tasks}) => tasks.includes('chat')});
	expect(take()).toEqual(['grant 1 a#8k']);
});

test('an ask does not join an engine of its model that lacks the task', () => {
	const {ask, settle, take} = setup(20);
	settle('a#8k', 5, {}, {candidates: [candidate('a#8k', 5, {model: 'a', tasks: ['embedding']})]});
	ask(1, 'a', 5, {joins: ({tasks}) => tasks.includes('chat')});
	expect(take()).toEqual(['load a']);
});

test('an ask with other settings replaces the idle engine of its model before any other', () => {
	const {ask, settle, take, clock} = setup(20);
	settle('old', 5);
	clock.now = 1_000_000;
	settle('a', 15);
	ask(1, 'a', 0, {candidates: [candidate('a#8k', 15, {model: 'a'})]});
	expect(take()).toEqual(['unload a room']);
});

test('an engine serves as many leases as it has slots; the next waits for the first release', () => {
	const {core, ask, loaded, take} = setup(10);
	for (const ticket of [1, 2, 3]) ask(ticket, 'a', 4);
	loaded('a', 4, {slots: 2});
	expect(take()).toEqual(['load a', 'grant 1 a', 'grant 2 a']);
	core.release(2);
	expect(take()).toEqual(['grant 3 a']);
});

test('those who wait for a slot do not hold up other models', () => {
	const {ask, loaded, take} = setup(10);
	for (const ticket of [1, 2, 3]) ask(ticket, 'a', 4);
	loaded('a', 4);
	take();
	ask(4, 'b', 4);
	expect(take()).toEqual(['load b']);
});

test('interactive asks go before batch asks, in order of arrival among themselves', () => {
	const {core, ask, loaded, take} = setup(10);
	ask(1, 'a', 4);
	loaded('a', 4);
	ask(2, 'a', 4, {priority: 'batch'});
	ask(3, 'a', 4);
	ask(4, 'a', 4);
	take();
	for (const ticket of [1, 3, 4]) core.release(ticket);
	expect(take().filter(effect => effect.startsWith('grant'))).toEqual(['grant 3 a', 'grant 4 a', 'grant 2 a']);
});

test('a batch ask that has waited long goes before a fresh interactive one', () => {
	const {core, ask, loaded, take, clock} = setup(10);
	ask(1, 'a', 4);
	loaded('a', 4);
	ask(2, 'a', 4, {priority: 'batch'});
	clock.now = 30_001;
	ask(3, 'a', 4);
	take();
	core.release(1);
	expect(take()).toEqual(['grant 2 a']);
});

test('a small model may not slip past one that waits for room and keep it waiting', () => {
	const {core, ask, loaded, take} = setup(10);
	ask(1, 'a', 6);
	loaded('a', 6);
	take();
	ask(2, 'big', 9);
	ask(3, 'small', 2);
	expect(take()).toEqual([]);
	core.release(1);
	core.unloaded('a');
	expect(take()).toEqual(['unload a room', 'load big']);
});

test('a small model loads past one that waits, when there is room for both in the end', () => {
	const {ask, loaded, take} = setup(10);
	ask(1, 'a', 7);
	loaded('a', 7);
	take();
	ask(2, 'big', 8);
	ask(3, 'small', 2);
	expect(take()).toEqual(['load small']);
	ask(4, 'another', 1);
	expect(take()).toEqual([]);
});

test('those who load past one that waits do not use up together what each could have alone', () => {
	const {core, ask, loaded, take} = setup(10);
	ask(1, 'a', 7);
	loaded('a', 7);
	ask(2, 'x', 3, {keepAlive: 0});
	loaded('x', 3);
	for (const [ticket, model, bytes] of [
		[3, 'big', 8],
		[4, 'small', 2],
		[5, 'tiny', 1],
	] as const)
		ask(ticket, model, bytes);
	core.release(2);
	take();
	core.unloaded('x');
	expect(take()).toEqual(['load small']);
});

test('a context that comes back past one that waits is counted like a load', () => {
	const {core, ask, loaded, take, clock} = setup(11);
	ask(0, 's', 3);
	clock.now = 1000;
	loaded('s', 3, {reclaimable: ram(2)});
	core.release(0);
	ask(1, 'a', 6);
	loaded('a', 6);
	ask(2, 'x', 3, {keepAlive: 0});
	core.shrunk('s', ram(1));
	loaded('x', 3);
	ask(3, 'big', 8);
	ask(4, 's', 3);
	ask(5, 'small', 2);
	core.release(2);
	take();
	core.unloaded('x');
	expect(take()).toEqual(['grant 4 s']);
});

test('a small model loads past two that wait', () => {
	const {ask, loaded, take} = setup(10);
	ask(1, 'a', 7);
	loaded('a', 7);
	take();
	ask(2, 'big', 8);
	ask(3, 'bigger', 10);
	ask(4, 'small', 2);
	expect(take()).toEqual(['load small']);
});

test('one who waits keeps waiting for the same engines, so that these empty for sure', () => {
	const {core, ask, loaded, take, clock} = setup(10);
	for (const [ticket, model] of [
		[1, 'a'],
		[2, 'b'],
	] as const) {
		ask(ticket, model, 5);
		clock.now += 100;
		loaded(model, 5, {slots: 3});
	}
	ask(3, 'c', 5);
	clock.now += 50;
	ask(4, 'a', 5);
	expect(take().at(-1)).toBe('grant 4 a');
	clock.now += 100_000;
	ask(5, 'a', 5);
	ask(6, 'b', 5);
	expect(take()).toEqual(['grant 6 b']);
	core.release(1);
	core.release(4);
	expect(take()).toEqual(['unload a room']);
});

test('one who waits for graphics memory does not hold up one who needs main memory', () => {
	const {ask, loaded, take} = setup({ram: 10, 'cuda:0': 10});
	const gpu = (id: string): {candidates: ReturnType<typeof candidate>[]} => ({
		candidates: [candidate(id, 0, {needs: {'cuda:0': 9}})],
	});
	ask(1, 'a', 0, gpu('a'));
	loaded('a', 0, {footprint: {'cuda:0': 9}});
	take();
	ask(2, 'b', 0, gpu('b'));
	ask(3, 'c', 9);
	expect(take()).toEqual(['load c']);
});

test('asks for an engine that stands in someone else’s way are served for as long as it would take to reload', () => {
	const {core, ask, loaded, take, clock} = setup(10);
	ask(1, 'a', 8);
	clock.now = 1000;
	loaded('a', 8, {slots: 2});
	take();
	ask(2, 'b', 8);
	clock.now = 1999;
	ask(3, 'a', 8);
	expect(take()).toEqual(['grant 3 a']);
	core.release(3);
	clock.now = 2000;
	ask(4, 'a', 8);
	expect(take()).toEqual([]);
	core.release(1);
	expect(take()).toEqual(['unload a room']);
	core.unloaded('a');
	expect(take()).toEqual(['load b']);
	loaded('b', 8);
	core.release(2);
	core.unloaded('b');
	expect(take()).toEqual(['grant 2 b', 'unload b room', 'load a']);
});

test('who waits for room that is about to be free keeps it, though it had waited for an engine in use before', () => {
	const {core, ask, loaded, take} = setup(10);
	ask(1, 'c', 3);
	ask(2, 'b', 2, {priority: 'batch'});
	ask(3, 'f', 6);
	ask(4, 'd', 4);
	loaded('c', 3);
	loaded('b', 2);
	expect(take()).toEqual(['load c', 'load b', 'grant 1 c', 'unload b room']);
	core.woke('c');
	expect(take()).toEqual([]);
	core.unloaded('b');
	expect(take()).toEqual(['load f']);
});

test('batch work never uses an engine that a person waits to see gone', () => {
	const {ask, loaded, take, clock} = setup(10);
	ask(1, 'a', 8, {priority: 'batch'});
	clock.now = 1000;
	loaded('a', 8, {slots: 2});
	take();
	ask(2, 'b', 8);
	ask(3, 'a', 8, {priority: 'batch'});
	expect(take()).toEqual([]);
});

test('beyond its bound the queue says busy, with the time after which to come back', () => {
	const {core, ask, loaded, take, errors, clock} = setup(10, {queueLimit: 2});
	ask(1, 'a', 8);
	loaded('a', 8);
	clock.now = 4000;
	core.release(1);
	for (const ticket of [2, 3, 4, 5]) ask(ticket, 'a', 8);
	expect(take().at(-1)).toBe('reject 5 busy');
	expect(errors.get(5)?.data).toEqual({model: 'a', queued: 2, retryAfterSeconds: 8});
});

test('a full queue does not keep anyone from an engine with a free slot', () => {
	const {ask, loaded, settle, take} = setup(10, {queueLimit: 1});
	settle('b', 2);
	ask(1, 'a', 8);
	loaded('a', 8);
	ask(2, 'a', 8);
	take();
	ask(3, 'b', 2);
	ask(4, 'a', 8);
	expect(take()).toEqual(['grant 3 b', 'reject 4 busy']);
});

test('a full queue does not take in one whose engine is promised to someone else', () => {
	const {core, ask, loaded, take, clock} = setup(10, {queueLimit: 1});
	ask(1, 'a', 8);
	loaded('a', 8, {slots: 2});
	ask(2, 'b', 8);
	take();
	clock.now = 10_000;
	ask(3, 'a', 8);
	expect(take()).toEqual(['reject 3 busy']);
	expect(core.waiting).toBe(1);
});

test('a cancelled ask never triggers a load', () => {
	const {core, ask, loaded, take} = setup(10);
	ask(1, 'a', 8);
	loaded('a', 8);
	ask(2, 'b', 8);
	core.cancel(2);
	take();
	core.release(1);
	expect(take()).toEqual(['wake a 300']);
});

test('one who leaves lets those behind go ahead', () => {
	const {core, ask, loaded, take} = setup(10);
	ask(1, 'a', 8);
	loaded('a', 8);
	ask(2, 'big', 9);
	ask(3, 'small', 2);
	take();
	core.cancel(2);
	expect(take()).toEqual(['load small']);
});

test('a load whose askers have all left is aborted, and its room is free when it is gone', () => {
	const {core, ask, take} = setup(10);
	ask(1, 'a', 8);
	ask(2, 'a', 8);
	ask(3, 'b', 8);
	core.cancel(1);
	expect(take()).toEqual(['load a']);
	core.cancel(2);
	expect(take()).toEqual(['abort a']);
	core.unloaded('a');
	expect(take()).toEqual(['load b']);
});

test('an ask that comes while its load is being aborted gets a fresh load', () => {
	const {core, ask, take} = setup(10);
	ask(1, 'a', 8);
	core.cancel(1);
	ask(2, 'a', 8);
	expect(take()).toEqual(['load a', 'abort a']);
	core.unloaded('a');
	expect(take()).toEqual(['load a']);
});

test('an ask that arrives while its model is unloading gets a fresh load', () => {
	const {core, ask, settle, loaded, take, clock} = setup(10);
	settle('a', 8);
	clock.now = 300;
	core.woke('a');
	ask(1, 'a', 8);
	core.unloaded('a');
	loaded('a', 8);
	expect(take()).toEqual(['unload a idle', 'load a', 'grant 1 a']);
});

test('a failed load rejects everyone who waited for it with the same error, and frees its room', () => {
	const {core, ask, take, errors} = setup(10);
	ask(1, 'a', 8);
	ask(2, 'a', 8);
	ask(3, 'b', 8);
	take();
	core.loadFailed('a', crash);
	expect(take()).toEqual(['reject 1 runner-failed', 'reject 2 runner-failed', 'load b']);
	expect(errors.get(2)).toBe(crash);
});

test('after three failed loads a model rests for 30 s, and then one load is tried', () => {
	const {core, ask, take, clock} = setup(10);
	for (const ticket of [1, 2, 3]) {
		ask(ticket, 'a', 8);
		core.loadFailed('a', crash);
	}
	take();
	ask(4, 'a', 8);
	expect(take()).toEqual(['reject 4 runner-failed']);
	ask(5, 'sound', 2);
	expect(take()).toEqual(['load sound']);
	clock.now = 30_000;
	ask(6, 'a', 8);
	expect(take()).toEqual(['load a']);
});

test('after loads of three models failed their backend rests, and other backends go on', () => {
	const {core, ask, take, errors, clock} = setup(10);
	for (const [ticket, model] of ['a', 'b', 'c'].entries()) {
		ask(ticket, model, 2);
		core.loadFailed(model, crash);
	}
	take();
	ask(4, 'd', 2);
	ask(5, 'e', 2, {candidates: [candidate('e', 2), candidate('e2', 2, {backend: 'other'})]});
	expect(take()).toEqual(['reject 4 backend-unavailable', 'load e2']);
	expect(errors.get(4)?.data).toMatchObject({backend: 'fake', reason: 'crashed'});
	clock.now = 30_000;
	ask(6, 'd', 2);
	ask(7, 'f', 2);
	expect(take()).toEqual(['load d']);
	core.loaded('d', {footprint: ram(2), slots: 1, usefulThreads: 1});
	expect(take()).toEqual(['grant 6 d', 'load f']);
});

test('a probe that its asker gave up leaves the next one to try', () => {
	const {core, ask, take, clock} = setup(10);
	for (const ticket of [1, 2, 3]) {
		ask(ticket, 'a', 8);
		core.loadFailed('a', crash);
	}
	clock.now = 30_000;
	ask(4, 'a', 8);
	core.cancel(4);
	core.unloaded('a');
	take();
	ask(5, 'a', 8);
	expect(take()).toEqual(['load a']);
});

test('an engine that dies takes its leases along, and those who wait get a fresh load', () => {
	const {core, ask, loaded, take} = setup(10);
	ask(1, 'a', 8);
	ask(2, 'a', 8);
	loaded('a', 8);
	take();
	core.died('a', crash);
	expect(take()).toEqual(['unload a died']);
	core.unloaded('a');
	expect(take()).toEqual(['load a']);
	loaded('a', 8);
	core.release(1);
	expect(take()).toEqual(['grant 2 a']);
	expect(core.engines[0]?.leases.size).toBe(1);
});

test('leases that went with their engine no longer count as running', () => {
	const {core, ask, loaded, errors, clock} = setup(10, {queueLimit: 1});
	ask(1, 'a', 4);
	loaded('a', 4, {slots: 3});
	clock.now = 10_000;
	core.release(1);
	for (const ticket of [2, 3, 4]) ask(ticket, 'a', 4);
	core.died('a', crash);
	core.unloaded('a');
	ask(5, 'a', 4);
	loaded('a', 4);
	ask(6, 'a', 4);
	ask(7, 'a', 4);
	expect(errors.get(7)?.data).toMatchObject({retryAfterSeconds: 10});
});

test('news about engines and tickets that are gone changes nothing', () => {
	const {core, take} = setup(10);
	core.release(1);
	core.cancel(1);
	core.loaded('a', {footprint: ram(1), slots: 1, usefulThreads: 1});
	core.loadFailed('a', crash);
	core.died('a', crash);
	core.shrunk('a', ram(1));
	core.shrinkFailed('a');
	core.unloaded('a');
	core.woke('a');
	expect(take()).toEqual([]);
});
