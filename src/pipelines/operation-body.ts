import type {Inbox} from './inbox.ts';
import type {Meter} from './meter.ts';
import type {Operate} from './operations/index.ts';
import type {Outlet} from './outlet.ts';

export interface OperationBodyOptions {
	readonly inbox: Inbox;
	readonly outlet: Outlet;
	readonly meter: Meter;
	readonly operate: Operate;
	readonly now: () => number;
}

/** Runs an operation until the input ends, or the inbox is stopped. */
export async function runOperation({inbox, outlet, meter, operate, now}: OperationBodyOptions): Promise<void> {
	for (;;) {
		const packet = await inbox.next();
		if (packet === undefined) return;
		if (packet.type === 'value') meter.took(packet);
		const since = now();
		const results = packet.type === 'value' ? operate.value(packet) : (operate.before?.(packet.kind) ?? []);
		const ready = [...results];
		meter.worked(now() - since);
		for (const result of ready) await outlet.emit(result);
		if (packet.type === 'value') continue;
		outlet.pass(packet);
		if (packet.kind === 'end') return;
	}
}
