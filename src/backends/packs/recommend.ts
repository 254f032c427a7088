import type {Device} from '../../contract/backend.ts';
import type {Pack} from './pack.ts';

/** Accelerators by speed, each with the hardware that makes it worth having. */
const ladder: ReadonlyArray<{readonly accelerator: string; readonly kinds: readonly string[]}> = [
	{accelerator: 'metal', kinds: ['metal']},
	{accelerator: 'cuda', kinds: ['cuda']},
	{accelerator: 'vulkan', kinds: ['amd']},
	{accelerator: 'cpu', kinds: []},
];

/** The pack of a backend that suits this machine best; undefined when there is none for its platform. Pure. */
export function recommendPack(packs: readonly Pack[], backend: string, device: Device): Pack | undefined {
	const possible = packs.filter(pack => pack.backend === backend && supports(pack, device));
	return ladder
		.filter(({kinds}) => kinds.length === 0 || kinds.some(kind => device.accelerators.includes(kind)))
		.map(({accelerator}) => possible.find(pack => pack.accelerator === accelerator))
		.find(pack => pack !== undefined);
}

export function supports(pack: Pack, device: Device): boolean {
	return `${device.platform}-${device.arch}` in pack.platforms;
}
