import type {Variant} from '../../contract/manifest.ts';

/** The graphs of a pipeline by the folders that diffusers lays them in. */
const partNames = [
	'text_encoder',
	'text_encoder_2',
	'text_encoder_3',
	'unet',
	'transformer',
	'vae_decoder',
	'vae_encoder',
] as const;
export type PartName = (typeof partNames)[number];

/** The role of each part that the build has. Some exports say `unet_model` where others have a folder `unet`. Pure. */
export function partRoles({files}: Pick<Variant, 'files'>): ReadonlyMap<PartName, string> {
	const roles = new Set(files.map(({role}) => role));
	return new Map(
		partNames.flatMap(part => {
			const role = [`weights-${part}`, `weights-${part}_model`].find(name => roles.has(name));
			return role === undefined ? [] : [[part, role] as const];
		}),
	);
}

/** Whether it can be drawn with: something that reads, something that draws, something that shows. */
export function isPipeline(variant: Pick<Variant, 'files'>): boolean {
	const parts = partRoles(variant);
	const reads = parts.has('text_encoder') || parts.has('text_encoder_2');
	return reads && (parts.has('unet') || parts.has('transformer')) && parts.has('vae_decoder');
}
