import {expect, test} from 'vitest';
import {MofaError} from '../../../src/contract/error.ts';
import {ram, setup} from './harness.ts';

test('an engine stays for its keep-alive after the last lease, counted from its end', () => {
	const {core, ask, settle, take, clock} = setup(10);
	settle('a', 4);
	clock.now = 200;
	ask(1, 'a', 4);
	clock.now = 250;
	core.release(1);
	expect(take()).toEqual(['grant 1 a', 'wake a 300']);
	clock.now = 300;
	core.woke('a');
	expect(take()).toEqual(['wake a 250']);
	clock.now = 550;
	core.woke('a');
	expect(take()).toEqual(['unload a idle']);
});

test('a wake finds an engine in use and leaves it', () => {
	const {core, ask, settle, take, clock} = setup(10);
	settle('a', 4);
	ask(1, 'a', 4);
	take();
	clock.now = 10_000;
	core.woke('a');
	expect(take()).toEqual([]);
});

test('with a keep-alive of 0 an engine goes after its last lease', () => {
	const {core, ask, loaded, take} = setup(10);
	ask(1, 'a', 4, {keepAlive: 0});
	ask(2, 'a', 4, {keepAlive: 0});
	loaded('a', 4);
	take();
	core.release(1);
	core.release(2);
	expect(take()).toEqual(['grant 2 a', 'unload a idle']);
});

test('an ask that names no keep-alive leaves the one that was named', () => {
	const {core, ask, settle, take} = setup(10);
	settle('a', 4, {}, {keepAlive: 9000});
	ask(1, 'a', 4);
	core.release(1);
	expect(take()).toEqual(['grant 1 a', 'wake a 9000']);
});

test('a keep-alive without end pins', () => {
	const {core, settle, take, clock} = setup(10);
	settle('a', 4, {}, {keepAlive: Infinity});
	clock.now = 1e9;
	core.woke('a');
	expect(take()).toEqual([]);
	expect(core.engines[0]?.pinned).toBe(true);
});

test('a pinned engine stays until it is unpinned, and then for its keep-alive', () => {
	const {core, settle, take, clock} = setup(10);
	settle('a', 4);
	expect(core.pin('a', true)).toBe(1);
	clock.now = 1000;
	core.woke('a');
	expect(take()).toEqual([]);
	core.pin('a', false);
	expect(take()).toEqual(['unload a idle']);
	expect(core.pin('nobody', true)).toBe(0);
});

test('an idle engine drops its context before any engine is unloaded', () => {
	const {core, ask, settle, take} = setup(10);
	settle('a', 6, {reclaimable: ram(3)});
	settle('b', 4);
	ask(1, 'c', 3);
	expect(take()).toEqual(['shrink a']);
	core.shrunk('a', ram(3));
	expect(take()).toEqual(['wake a 300', 'load c']);
});

test('an engine that dropped its context gets room for it again before its next lease', () => {
	const {core, ask, settle, loaded, take} = setup(10);
	settle('a', 6, {reclaimable: ram(3)});
	settle('b', 4);
	ask(1, 'c', 3);
	core.shrunk('a', ram(3));
	loaded('c', 3);
	take();
	ask(2, 'a', 6);
	expect(take()).toEqual(['unload b room']);
	core.unloaded('b');
	expect(take()).toEqual(['grant 2 a']);
	expect(core.tracked).toEqual({ram: 9});
});

test('an engine that dropped its context has nothing more to drop, whatever it says', () => {
	const {core, ask, settle, take} = setup(10);
	settle('a', 6, {reclaimable: ram(3)});
	settle('b', 4);
	ask(1, 'c', 3);
	core.shrunk('a', ram(3));
	core.measured([{id: 'a', footprint: ram(3), reclaimable: ram(3), usefulThreads: 8, rss: 0}]);
	core.pin('b', true);
	take();
	core.cancel(1);
	core.unloaded('c');
	ask(2, 'd', 6);
	expect(take()).toEqual(['abort c', 'unload a room']);
});

test('one who waits to give an engine its context back waits for others to go, not for that engine', () => {
	const {core, ask, settle, loaded, take, clock} = setup(10);
	settle('a', 6, {reclaimable: ram(3)});
	settle('b', 4, {slots: 2});
	ask(1, 'b', 4);
	ask(2, 'c', 3);
	core.shrunk('a', ram(3));
	loaded('c', 3, {slots: 2});
	take();
	ask(3, 'a', 6);
	clock.now = 100_000;
	ask(4, 'b', 4);
	ask(5, 'c', 3);
	core.release(1);
	core.release(2);
	expect(take().filter(effect => effect.startsWith('unload'))).toHaveLength(1);
});

test('an engine that can have its context back never again is refused, not waited for', () => {
	const {core, ask, settle, take} = setup(10);
	settle('a', 6, {reclaimable: ram(3)});
	settle('b', 4);
	ask(1, 'c', 3, {keepAlive: Infinity});
	core.shrunk('a', ram(3));
	core.pin('b', true);
	take();
	ask(2, 'a', 6);
	expect(take()).toEqual(['reject 2 does-not-fit']);
});

test('an engine that cannot drop its context is unloaded', () => {
	const {core, ask, settle, take} = setup(10);
	settle('a', 9, {reclaimable: ram(6)});
	ask(1, 'b', 4);
	core.shrinkFailed('a');
	core.unloaded('a');
	expect(take()).toEqual(['shrink a', 'unload a shrink-failed', 'load b']);
});

test('a shrink that freed too little is followed by an unload', () => {
	const {core, ask, settle, take} = setup(10);
	settle('a', 9, {reclaimable: ram(6)});
	ask(1, 'b', 4);
	core.shrunk('a', ram(9));
	expect(take()).toEqual(['shrink a', 'unload a room']);
});

test('an idle model is unloaded on demand', () => {
	const {core, settle, take} = setup(10);
	settle('a', 4, {}, {keepAlive: Infinity});
	expect(core.unload('a', false)).toBe(0);
	expect(take()).toEqual(['unload a asked']);
});

test('a model in use is not unloaded on demand, and its leases are counted', () => {
	const {core, ask, loaded, take} = setup(10);
	ask(1, 'a', 4);
	ask(2, 'a', 4);
	loaded('a', 4);
	take();
	expect(core.unload('a', false)).toBe(2);
	core.release(1);
	core.release(2);
	expect(take()).toEqual(['grant 2 a', 'wake a 300']);
});

test('a model in use that is to go when idle takes no further lease', () => {
	const {core, ask, loaded, take} = setup(10);
	ask(1, 'a', 4);
	loaded('a', 4, {slots: 2});
	take();
	core.unload('a', true);
	ask(2, 'a', 4);
	expect(take()).toEqual([]);
	core.release(1);
	core.unloaded('a');
	expect(take()).toEqual(['unload a asked', 'load a']);
});

test('a model that is to go while it loads serves those who wait for it first', () => {
	const {core, ask, loaded, take} = setup(10);
	ask(1, 'a', 4);
	core.unload('a', true);
	loaded('a', 4);
	core.release(1);
	expect(take()).toEqual(['load a', 'grant 1 a', 'unload a asked']);
});

test('a measurement replaces the estimate, and what is too much is given back', () => {
	const {core, ask, settle, loaded, take} = setup(10);
	settle('a', 4);
	ask(1, 'b', 4);
	loaded('b', 7);
	expect(core.tracked).toEqual({ram: 11});
	expect(take()).toEqual(['load b', 'grant 1 b', 'unload a pressure']);
});

test('memory that other programs took is not given out, and idle engines make way for them', () => {
	const {core, ask, settle, take, clock} = setup(10);
	settle('a', 4);
	clock.now = 5000;
	core.available(ram(6));
	expect(take()).toEqual([]);
	core.available(ram(3));
	expect(core.capacity).toEqual({ram: 7});
	ask(1, 'b', 8);
	expect(take()).toEqual(['reject 1 does-not-fit']);
	core.configure({budget: {capacity: ram(10), headroom: ram(2)}});
	core.available(ram(2));
	expect(take()).toEqual([]);
	core.available(ram(1));
	expect(take()).toEqual(['unload a pressure']);
});

test('a reading of free memory is passed over while an engine loads', () => {
	const {core, ask} = setup(10);
	ask(1, 'a', 4);
	core.available(ram(0));
	expect(core.capacity).toEqual({ram: 10});
});

test('a reading from before an engine was gone does not count its memory as taken by others', () => {
	const {core, settle, clock} = setup(10);
	settle('a', 8, {}, {keepAlive: 0});
	core.unloaded('a');
	clock.now = 4999;
	core.available(ram(2));
	expect(core.capacity).toEqual({ram: 10});
	clock.now = 5000;
	core.available(ram(9));
	expect(core.capacity).toEqual({ram: 9});
});

test('a lower budget unloads what is idle', () => {
	const {core, settle, take} = setup(10);
	settle('a', 4);
	core.configure({budget: {capacity: ram(3), headroom: {}}});
	expect(take()).toEqual(['unload a pressure']);
});

test('an engine that leaks is recycled when it is idle', () => {
	const {core, ask, settle, take} = setup(10);
	settle('a', 4);
	ask(1, 'a', 4);
	take();
	core.measured([{id: 'a', footprint: ram(4), usefulThreads: 8, rss: 1024 ** 3}]);
	expect(take()).toEqual([]);
	core.release(1);
	expect(take()).toEqual(['unload a leak']);
});

test('draining turns new and waiting asks away, lets leases end, and then unloads everything', () => {
	const {core, ask, settle, loaded, take, errors} = setup(20);
	settle('idle', 4);
	ask(1, 'a', 4);
	loaded('a', 4);
	ask(2, 'a', 4);
	ask(3, 'b', 4);
	take();
	core.drain();
	expect(take()).toEqual(['reject 2 busy', 'reject 3 busy', 'abort b', 'unload idle shutdown']);
	ask(4, 'idle', 4);
	expect(take()).toEqual(['reject 4 busy']);
	expect(MofaError.is(errors.get(4), 'busy')).toBe(true);
	core.release(1);
	expect(take()).toEqual(['unload a shutdown']);
	for (const id of ['idle', 'a', 'b']) core.unloaded(id);
	expect(core.size).toBe(0);
});

test('two engines with work share the cores, and the one that stays gets them back', () => {
	const {core, ask, loaded, take} = setup(10, {threads: true, cores: 4});
	ask(1, 'a', 4);
	loaded('a', 4);
	ask(2, 'b', 4);
	expect(take()).toEqual(['load a 4', 'grant 1 a', 'threads a 2', 'load b 2']);
	loaded('b', 4);
	core.release(2);
	expect(take()).toEqual(['grant 2 b', 'wake b 300', 'threads a 4']);
	ask(3, 'b', 4);
	expect(take()).toEqual(['grant 3 b', 'threads a 2']);
});

test('cores that an engine cannot use go to another', () => {
	const {ask, loaded, take} = setup(10, {threads: true, cores: 4});
	ask(1, 'a', 4);
	loaded('a', 4, {usefulThreads: 1});
	ask(2, 'b', 4);
	expect(take()).toEqual(['load a 4', 'grant 1 a', 'threads a 1', 'load b 3']);
});

test('an engine that finds later how many cores it can use gets as many', () => {
	const {core, ask, loaded, take} = setup(10, {threads: true, cores: 4});
	ask(1, 'a', 4);
	loaded('a', 4, {usefulThreads: 1});
	expect(take()).toEqual(['load a 4', 'grant 1 a', 'threads a 1']);
	core.measured([{id: 'a', footprint: ram(4), usefulThreads: 3, rss: 0}]);
	expect(take()).toEqual(['threads a 3']);
});

test('engines that lose cores hear it before those that gain them', () => {
	const {ask, loaded, take} = setup(10, {threads: true, cores: 4});
	ask(1, 'a', 4, {priority: 'batch'});
	loaded('a', 4, {slots: 2});
	ask(2, 'b', 4);
	loaded('b', 4);
	expect(take().slice(-2)).toEqual(['load b 3', 'grant 2 b']);
	ask(3, 'a', 4);
	expect(take()).toEqual(['grant 3 a', 'threads b 2', 'threads a 2']);
});

test('the cores of an engine that died go to the others at once', () => {
	const {core, ask, loaded, take} = setup(10, {threads: true, cores: 4});
	for (const [ticket, model] of [
		[1, 'a'],
		[2, 'b'],
	] as const) {
		ask(ticket, model, 4);
		loaded(model, 4);
	}
	take();
	core.died('a', new MofaError('runner-failed', {model: 'a', reason: 'killed', detail: ''}));
	expect(take()).toEqual(['unload a died', 'threads b 4']);
});
