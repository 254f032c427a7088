import {expect, test} from 'vitest';
import {MofaError} from '../../../src/contract/error.ts';
import {FakeEngine, Gate, read, settled, stage, type Stage} from './fakes.ts';
import {ram} from './harness.ts';

const killed = new MofaError('runner-failed', {model: 'a', reason: 'killed', detail: 'signal 9'});
const ask = {model: 'a', task: 'completion'} as const;
const code = (error: unknown): unknown => (error as MofaError).code;
const active = ({scheduler}: Stage): number[] => scheduler.residents().map(resident => resident.active);

test('a lease loads the model, runs requests, and gives its slot back', async () => {
	const engine = new FakeEngine();
	const scene = stage([engine]);
	{
		await using lease = await scene.scheduler.lease(ask);
		expect(await read(lease.run({prompt: 'one two'}))).toEqual(['one', 'two', 'end']);
		expect(await read(lease.run({prompt: 'three'}))).toEqual(['three', 'end']);
		expect(active(scene)).toEqual([1]);
	}
	expect(active(scene)).toEqual([0]);
	expect(engine.disposed).toBe(0);
});

test('a lease says how long it waited', async () => {
	const {scheduler, loader, time} = stage();
	const leasing = scheduler.lease(ask);
	await settled();
	await time.pass(1500);
	loader.loads[0]?.gate.open(new FakeEngine());
	await using lease = await leasing;
	expect(lease.waitedMs).toBe(1500);
});

test('what cannot be resolved is not asked for', async () => {
	const scene = stage();
	scene.loader.resolving = Promise.reject(new MofaError('model-not-found', {model: 'a', similar: []}));
	await expect(scene.scheduler.lease(ask)).rejects.toMatchObject({code: 'model-not-found'});
	expect(scene.scheduler.residents()).toEqual([]);
});

test('a failed load fails the ask with its own error, and an unknown one as internal', async () => {
	const {scheduler, loader, events} = stage();
	const leasing = [scheduler.lease(ask), scheduler.lease({...ask, model: 'b'})];
	const outcomes = Promise.allSettled(leasing);
	await settled();
	loader.loads[0]?.gate.fail(killed);
	loader.loads[1]?.gate.fail(new Error('oops'));
	const codes = (await outcomes).map(outcome => outcome.status === 'rejected' && code(outcome.reason));
	expect(codes).toEqual(['runner-failed', 'internal']);
	expect(events).toContain('model-failed a runner-failed');
	expect(scheduler.residents()).toEqual([]);
});

test('an engine without the task refuses, and the slot is free again', async () => {
	const engine = new FakeEngine();
	const scene = stage([Object.assign(engine, {tasks: {}}) as unknown as FakeEngine]);
	await expect(scene.scheduler.lease(ask)).rejects.toMatchObject({code: 'task-unsupported'});
	expect(active(scene)).toEqual([0]);
});

test('an engine that dies in the middle of an answer fails that answer, and the next ask gets a fresh engine', async () => {
	const [first, second] = [new FakeEngine(), new FakeEngine()];
	const {scheduler, loader} = stage([first, second]);
	await using lease = await scheduler.lease(ask);
	const words: string[] = [];
	const reading = read(lease.run({prompt: 'one wait two'}), words);
	await settled();
	first.death.open(killed);
	await expect(reading).rejects.toBe(killed);
	expect(words).toEqual(['one']);
	expect(first.disposed).toBe(1);
	await using next = await scheduler.lease(ask);
	expect(await read(next.run({prompt: 'hello'}))).toEqual(['hello', 'end']);
	expect(loader.loads).toHaveLength(2);
});

test('an answer that never comes ends with its engine', async () => {
	const engine = new FakeEngine();
	const {scheduler} = stage([engine]);
	await using lease = await scheduler.lease(ask);
	const reading = read(lease.run({prompt: 'one hang'}));
	await settled();
	engine.death.open(killed);
	await expect(reading).rejects.toBe(killed);
});

test('a request whose engine dies before anything was seen is answered by a fresh engine', async () => {
	const [first, second] = [new FakeEngine(), new FakeEngine()];
	const {scheduler} = stage([first, second]);
	await using lease = await scheduler.lease(ask);
	const reading = read(lease.run({prompt: 'prepare wait one'}));
	await settled();
	first.death.open(killed);
	await settled();
	second.gate.open();
	expect(await reading).toEqual(['', '', 'one', 'end']);
});

test('a request whose second engine dies as well fails', async () => {
	const engines = [new FakeEngine(), new FakeEngine(), new FakeEngine()];
	const {scheduler, loader} = stage(engines);
	await using lease = await scheduler.lease(ask);
	const reading = read(lease.run({prompt: 'wait one'}));
	const outcome = expect(reading).rejects.toBe(killed);
	for (const engine of engines.slice(0, 2)) {
		await settled();
		engine.death.open(killed);
	}
	await outcome;
	expect(loader.loads).toHaveLength(2);
});

test('an answer that fails with its runner takes the engine out of service before its death is known', async () => {
	const [first, second] = [new FakeEngine(), new FakeEngine()];
	const dying = {[Symbol.asyncIterator]: () => ({next: () => Promise.reject(killed)})};
	Object.assign(first, {tasks: {completion: () => dying}});
	const {scheduler} = stage([first, second]);
	await using lease = await scheduler.lease(ask);
	expect(await read(lease.run({prompt: 'one'}))).toEqual(['one', 'end']);
	expect(first.disposed).toBe(1);
});

test('a lease whose engine died between two requests goes on with a fresh one', async () => {
	const [first, second] = [new FakeEngine(), new FakeEngine()];
	const scene = stage([first, second]);
	{
		await using lease = await scene.scheduler.lease(ask);
		first.death.open(killed);
		await settled();
		expect(await read(lease.run({prompt: 'one'}))).toEqual(['one', 'end']);
		expect(active(scene)).toEqual([1]);
	}
	expect(active(scene)).toEqual([0]);
});

test('the late death of an engine that was unloaded does not touch its successor', async () => {
	const [first, second] = [new FakeEngine(), new FakeEngine()];
	const scene = stage([first, second]);
	await (await scene.scheduler.lease({...ask, keepAlive: 0}))[Symbol.asyncDispose]();
	await settled();
	await using _lease = await scene.scheduler.lease(ask);
	first.death.open(killed);
	await settled();
	expect(active(scene)).toEqual([1]);
	expect(second.disposed).toBe(0);
});

test('an engine that dies in the moment of the grant is replaced', async () => {
	const [first, second] = [new FakeEngine(), new FakeEngine()];
	first.death.open(killed);
	second.gate.open();
	const scene = stage([first, second]);
	{
		await using lease = await scene.scheduler.lease(ask);
		expect(await read(lease.run({prompt: 'wait one'}))).toEqual(['one', 'end']);
	}
	expect(active(scene)).toEqual([0]);
});

test('a handler that fails leaves the engine in service', async () => {
	const engine = new FakeEngine();
	const {scheduler} = stage([engine]);
	await using lease = await scheduler.lease(ask);
	await expect(read(lease.run({prompt: 'fail'}))).rejects.toMatchObject({code: 'internal'});
	expect(await read(lease.run({prompt: 'one'}))).toEqual(['one', 'end']);
});

test('an ask that is cancelled while it waits is out of the queue, and its load is aborted', async () => {
	const {scheduler, loader, events} = stage();
	const aborter = new AbortController();
	const outcome = expect(scheduler.lease({...ask, signal: aborter.signal})).rejects.toMatchObject({code: 'cancelled'});
	await settled();
	aborter.abort();
	await outcome;
	expect(loader.loads[0]?.options.signal.aborted).toBe(true);
	expect(scheduler.residents()).toMatchObject([{state: 'unloading'}]);
	loader.loads[0]?.gate.fail(new Error('aborted'));
	await settled();
	expect(scheduler.residents()).toEqual([]);
	expect(events).toEqual(['model-loading a', 'queue-changed 1', 'queue-changed 0']);
});

test('a load that is quicker than its abort is disposed of', async () => {
	const engine = new FakeEngine();
	const {scheduler, loader} = stage();
	const aborter = new AbortController();
	const outcome = expect(scheduler.lease({...ask, signal: aborter.signal})).rejects.toMatchObject({code: 'cancelled'});
	await settled();
	aborter.abort();
	loader.loads[0]?.gate.open(engine);
	await outcome;
	await settled();
	expect(engine.disposed).toBe(1);
	expect(scheduler.residents()).toEqual([]);
});

test('an ask that is cancelled while its model is looked up never triggers a load', async () => {
	const {scheduler, loader} = stage();
	const gate = new Gate();
	loader.resolving = gate.promise;
	const aborter = new AbortController();
	const outcome = expect(scheduler.lease({...ask, signal: aborter.signal})).rejects.toMatchObject({code: 'cancelled'});
	aborter.abort();
	gate.open();
	await outcome;
	expect(loader.loads).toEqual([]);
});

test('an ask that is cancelled in the moment of its grant gives the slot back', async () => {
	const scene = stage([new FakeEngine()]);
	await (await scene.scheduler.lease(ask))[Symbol.asyncDispose]();
	const aborter = new AbortController();
	const outcome = expect(scene.scheduler.lease({...ask, signal: aborter.signal})).rejects.toMatchObject({
		code: 'cancelled',
	});
	while (active(scene)[0] === 0) await Promise.resolve();
	aborter.abort();
	await outcome;
	expect(active(scene)).toEqual([0]);
});

test('dropping the answer stops the handler before the slot is given on', async () => {
	const engine = new FakeEngine();
	const scene = stage([engine]);
	{
		await using lease = await scene.scheduler.lease(ask);
		for await (const _event of lease.run({prompt: 'one wait two'})) break;
		expect(engine.running).toBe(0);
		expect(active(scene)).toEqual([1]);
	}
	expect(active(scene)).toEqual([0]);
});

test('an answer can be dropped while its next event is awaited', async () => {
	const engine = new FakeEngine();
	const {scheduler} = stage([engine]);
	await using lease = await scheduler.lease(ask);
	const answer = lease.run({prompt: 'wait one'})[Symbol.asyncIterator]();
	const next = expect(answer.next()).rejects.toMatchObject({code: 'cancelled'});
	await settled();
	await answer.return?.();
	await next;
	expect(engine.running).toBe(0);
});

test('the signal of a run ends that run, and the lease goes on', async () => {
	const engine = new FakeEngine();
	const {scheduler} = stage([engine]);
	await using lease = await scheduler.lease(ask);
	const aborter = new AbortController();
	const outcome = expect(read(lease.run({prompt: 'one wait'}, {signal: aborter.signal}))).rejects.toMatchObject({
		code: 'cancelled',
	});
	await settled();
	aborter.abort();
	await outcome;
	expect(await read(lease.run({prompt: 'two'}))).toEqual(['two', 'end']);
});

test('the signal of the ask ends the run and the lease', async () => {
	const scene = stage([new FakeEngine()]);
	const aborter = new AbortController();
	const lease = await scene.scheduler.lease({...ask, signal: aborter.signal});
	const outcome = expect(read(lease.run({prompt: 'one wait'}))).rejects.toMatchObject({code: 'cancelled'});
	await settled();
	aborter.abort();
	await outcome;
	await settled();
	expect(active(scene)).toEqual([0]);
	await expect(read(lease.run({prompt: 'two'}))).rejects.toMatchObject({code: 'cancelled'});
});

test('a lease that is given back in the middle of an answer waits for the handler, and frees its slot once', async () => {
	const engine = new FakeEngine(2);
	const scene = stage([engine]);
	const [lease, other] = [await scene.scheduler.lease(ask), await scene.scheduler.lease(ask)];
	const answer = lease.run({prompt: 'one wait'})[Symbol.asyncIterator]();
	await answer.next();
	await Promise.all([lease[Symbol.asyncDispose](), lease[Symbol.asyncDispose]()]);
	expect(engine.running).toBe(0);
	expect(active(scene)).toEqual([1]);
	await other[Symbol.asyncDispose]();
});

test('a lease runs one request at a time', async () => {
	const {scheduler} = stage([new FakeEngine()]);
	await using lease = await scheduler.lease(ask);
	const first = lease.run({prompt: 'one wait'})[Symbol.asyncIterator]();
	await first.next();
	await expect(read(lease.run({prompt: 'two'}))).rejects.toMatchObject({code: 'internal'});
	await first.return?.();
	expect(await read(lease.run({prompt: 'three'}))).toEqual(['three', 'end']);
});

test('of 100 asks at once each is served or told that mofa is busy, and none is lost', async () => {
	const engine = new FakeEngine(4);
	const scene = stage([engine], {queueLimit: 60});
	const serve = async (): Promise<string> => {
		await using lease = await scene.scheduler.lease(ask);
		const words = await read(lease.run({prompt: 'one two'}));
		return words.join(' ');
	};
	const outcomes = await Promise.allSettled(Array.from({length: 100}, serve));
	const answers = outcomes.map(one => (one.status === 'fulfilled' ? one.value : code(one.reason)));
	expect(answers.filter(answer => answer === 'one two end')).toHaveLength(60);
	expect(answers.filter(answer => answer === 'busy')).toHaveLength(40);
	expect(engine.mostRunning).toBe(4);
	expect(active(scene)).toEqual([0]);
	expect(scene.scheduler.waiting).toBe(0);
});

test('asks with other settings get an engine of their own; asks without settings take what is there', async () => {
	const {scheduler, loader} = stage([new FakeEngine(2), new FakeEngine(2)]);
	await using _short = await scheduler.lease({...ask, settings: {contextLength: 1024}});
	await using _any = await scheduler.lease(ask);
	await using _long = await scheduler.lease({...ask, settings: {contextLength: 8192}});
	expect(loader.loads.map(({candidate}) => candidate.id)).toEqual([
		'a#{"contextLength":1024}',
		'a#{"contextLength":8192}',
	]);
	expect(scheduler.residents().map(resident => resident.active)).toEqual([2, 1]);
});

test('an engine goes when its keep-alive is over', async () => {
	const engine = new FakeEngine();
	const {scheduler, time, events} = stage([engine]);
	await (await scheduler.lease({...ask, keepAlive: 60_000}))[Symbol.asyncDispose]();
	await time.pass(59_999);
	expect(engine.disposed).toBe(0);
	await time.pass(1);
	expect(engine.disposed).toBe(1);
	expect(scheduler.residents()).toEqual([]);
	expect(events).toContain('model-unloaded a idle');
});

test('a keep-alive longer than a timer can run does not fire early', async () => {
	const engine = new FakeEngine();
	const {scheduler, time} = stage([engine]);
	await (await scheduler.lease({...ask, keepAlive: 2 ** 40}))[Symbol.asyncDispose]();
	await time.pass(2 ** 31);
	expect(engine.disposed).toBe(0);
	await time.pass(2 ** 40);
	expect(engine.disposed).toBe(1);
});

test('an engine that cannot be disposed of in good order is gone all the same', async () => {
	const engine = new FakeEngine();
	engine.disposal = Promise.reject(new Error('stuck'));
	const {scheduler} = stage([engine]);
	await (await scheduler.lease({...ask, keepAlive: 0}))[Symbol.asyncDispose]();
	await settled();
	expect(scheduler.residents()).toEqual([]);
});

test('the load of another model waits until the engine that makes room is gone', async () => {
	const [first, second] = [new FakeEngine(), new FakeEngine()];
	const gate = new Gate();
	first.disposal = gate.promise;
	const {scheduler, loader} = stage([first, second], {budget: {capacity: ram(4), headroom: {}}});
	await (await scheduler.lease(ask))[Symbol.asyncDispose]();
	const leasing = scheduler.lease({...ask, model: 'b'});
	await settled();
	expect(loader.loads).toHaveLength(1);
	gate.open();
	await using _lease = await leasing;
	expect(loader.loads).toHaveLength(2);
});

test('a model is unloaded on demand, and it is gone when that is answered', async () => {
	const engine = new FakeEngine();
	const {scheduler, events} = stage([engine]);
	await (await scheduler.lease(ask))[Symbol.asyncDispose]();
	expect(await scheduler.unload('a')).toBe(true);
	expect(scheduler.residents()).toEqual([]);
	expect(events).toContain('model-unloaded a asked');
	expect(await scheduler.unload('a')).toBe(false);
});

test('a model in use is not unloaded, unless it may go when idle', async () => {
	const {scheduler} = stage([new FakeEngine()]);
	const lease = await scheduler.lease(ask);
	await expect(scheduler.unload('a')).rejects.toMatchObject({code: 'model-in-use', data: {model: 'a', leases: 1}});
	const unloading = scheduler.unload('a', {whenIdle: true});
	await lease[Symbol.asyncDispose]();
	expect(await unloading).toBe(true);
	expect(scheduler.residents()).toEqual([]);
});

test('a drain lets running answers end, and turns new asks away', async () => {
	const engine = new FakeEngine();
	const {scheduler, events} = stage([engine]);
	const lease = await scheduler.lease(ask);
	const reading = read(lease.run({prompt: 'one wait two'}));
	await settled();
	const draining = scheduler.drain();
	await expect(scheduler.lease(ask)).rejects.toMatchObject({code: 'busy'});
	engine.gate.open();
	expect(await reading).toEqual(['one', 'two', 'end']);
	await lease[Symbol.asyncDispose]();
	await draining;
	expect(engine.disposed).toBe(1);
	expect(events).toContain('daemon-stopping');
});

test('a drain whose patience is over ends the answers', async () => {
	const engine = new FakeEngine();
	const {scheduler} = stage([engine]);
	const lease = await scheduler.lease(ask);
	const outcome = expect(read(lease.run({prompt: 'one wait two'}))).rejects.toMatchObject({code: 'cancelled'});
	await settled();
	const patience = new AbortController();
	const draining = scheduler.drain(patience.signal);
	patience.abort();
	await outcome;
	await draining;
	expect(engine.disposed).toBe(1);
});

test('a drain without patience ends the answers at once', async () => {
	const engine = new FakeEngine();
	const {scheduler} = stage([engine]);
	await scheduler.lease(ask);
	await scheduler.drain(AbortSignal.abort());
	expect(engine.disposed).toBe(1);
});

test('a drain with nothing resident is over at once', async () => {
	await expect(stage().scheduler.drain()).resolves.toBeUndefined();
});

test('an engine hears its share of the cores, even when it changed while it was loading', async () => {
	const {scheduler, loader} = stage();
	const [first, second] = [new FakeEngine(), new FakeEngine()];
	const leasing = [scheduler.lease(ask), scheduler.lease({...ask, model: 'b'})];
	await settled();
	expect(loader.loads.map(({options}) => options.threads)).toEqual([2, 1]);
	loader.loads[0]?.gate.open(first);
	loader.loads[1]?.gate.open(second);
	const [one] = await Promise.all(leasing);
	expect(first.threads).toEqual([1]);
	expect(second.threads).toEqual([]);
	await one?.[Symbol.asyncDispose]();
	expect(second.threads).toEqual([2]);
});

test('a lease of which nothing is asked lends its cores to others, and has them back with its next run', async () => {
	const [first, second] = [new FakeEngine(), new FakeEngine()];
	const {scheduler} = stage([first, second]);
	await using resting = await scheduler.lease(ask);
	await using other = await scheduler.lease({...ask, model: 'b'});
	expect(first.threads).toEqual([1]);
	resting.rest?.();
	expect(second.threads).toEqual([2]);
	expect(scheduler.residents().map(({active}) => active)).toEqual([1, 1]);
	await read(resting.run({prompt: 'one'}));
	expect(second.threads).toEqual([2, 1]);
	expect(other.model).toBe('b');
});

test('leases that are taken before there is anything to ask leave the cores as they are, until the first run', async () => {
	const [first, second] = [new FakeEngine(), new FakeEngine()];
	const {scheduler} = stage([first, second]);
	for (const model of ['a', 'b']) await (await scheduler.lease({...ask, model}))[Symbol.asyncDispose]();
	await using one = await scheduler.lease({...ask, resting: true});
	await using other = await scheduler.lease({...ask, model: 'b', resting: true});
	expect(scheduler.residents().map(({active}) => active)).toEqual([1, 1]);
	expect([first.threads, second.threads]).toEqual([[], []]);
	await Promise.all([one, other].map(lease => read(lease.run({prompt: 'one'}))));
	expect([first.threads, second.threads]).toEqual([[1], [1]]);
});

test('a run that begins again on another engine computes there, though its lease was taken before it', async () => {
	const dying = new FakeEngine();
	const [again, other] = [new FakeEngine(), new FakeEngine()];
	const {scheduler} = stage([dying, other, again]);
	await using lease = await scheduler.lease({...ask, resting: true});
	await using beside = await scheduler.lease({...ask, model: 'b'});
	again.gate.open();
	const reading = read(lease.run({prompt: 'wait'}));
	await settled();
	expect(other.threads).toEqual([1]);
	dying.death.open(killed);
	expect(await reading).toEqual(['end']);
	expect(other.threads.at(-1)).toBe(1);
	expect(beside.model).toBe('b');
});

test('everyone who waits for a load hears how it goes', async () => {
	const {scheduler, loader} = stage();
	const heard: string[] = [];
	const leasing = ['x', 'y'].map(name =>
		scheduler.lease({...ask, progress: fraction => heard.push(`${name} ${fraction}`)}),
	);
	await settled();
	loader.loads[0]?.options.progress(0.5);
	expect(heard).toEqual(['x 0.5', 'y 0.5']);
	loader.loads[0]?.gate.open(new FakeEngine(2));
	await Promise.all(leasing);
});

test('what a load measured is told, to be remembered', async () => {
	const measured: unknown[] = [];
	const {scheduler, loader, time, events} = stage([], {
		onMeasured: ({id}, footprint, loadMs) => measured.push([id, footprint, loadMs]),
	});
	const leasing = scheduler.lease(ask);
	await settled();
	await time.pass(700);
	loader.loads[0]?.gate.open(new FakeEngine());
	await using _lease = await leasing;
	expect(measured).toEqual([['a', {ram: 4}, 700]]);
	expect(events).toContain('model-loaded a 700');
});

test('residents are reported with all that a listing needs', async () => {
	const {scheduler, time} = stage([new FakeEngine(2)]);
	const lease = await scheduler.lease({...ask, keepAlive: 1000});
	expect(scheduler.residents()).toEqual([
		{
			name: 'a',
			state: 'ready',
			tasks: ['completion'],
			backend: 'fake',
			accelerator: 'cpu',
			footprint: {ram: 4},
			rss: 0,
			threads: 2,
			pid: 1234,
			active: 1,
			slots: 2,
			contextLength: null,
			loadedMs: 0,
			expiresAt: null,
			pinned: false,
		},
	]);
	await lease[Symbol.asyncDispose]();
	await time.pass(400);
	const left = Date.parse(scheduler.residents()[0]?.expiresAt ?? '') - Date.now();
	expect(left).toBeGreaterThan(500);
	expect(left).toBeLessThanOrEqual(600);
	expect(scheduler.pin('a', true)).toBe(true);
	expect(scheduler.residents()).toMatchObject([{pinned: true, expiresAt: null}]);
	expect(scheduler.pin('b', true)).toBe(false);
});

test('an engine that leaks is found by the watch and recycled', async () => {
	const engine = new FakeEngine();
	const {scheduler, time, events} = stage([engine]);
	await (await scheduler.lease(ask))[Symbol.asyncDispose]();
	await time.pass(5000);
	expect(engine.disposed).toBe(0);
	engine.bytes = 1e12;
	await time.pass(5000);
	expect(events).toContain('model-unloaded a leak');
});

test('memory that other programs take is seen before a load', async () => {
	let free = 3;
	const {scheduler} = stage([new FakeEngine()], {available: () => ram(free)});
	await expect(scheduler.lease(ask)).rejects.toMatchObject({code: 'does-not-fit', data: {has: {ram: 3}}});
	free = 4;
	await using _lease = await scheduler.lease(ask);
});

test('changed limits hold at once', async () => {
	const engine = new FakeEngine();
	const {scheduler} = stage([engine]);
	await (await scheduler.lease(ask))[Symbol.asyncDispose]();
	scheduler.configure({budget: {capacity: ram(3), headroom: {}}});
	await settled();
	expect(engine.disposed).toBe(1);
	await expect(scheduler.lease(ask)).rejects.toMatchObject({code: 'does-not-fit'});
});

test('a listener that ended hears nothing more', async () => {
	const {scheduler} = stage([new FakeEngine()]);
	const heard: string[] = [];
	const end = scheduler.onEvent(event => heard.push(event.type));
	end();
	await using _lease = await scheduler.lease(ask);
	expect(heard).toEqual([]);
});
