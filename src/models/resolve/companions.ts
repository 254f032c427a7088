import type {ListedFile, RoledFile} from './file-group.ts';
import {baseName, folderOf} from './file-group.ts';
import {companionRole} from './roles.ts';
import {supertoneCompanion} from './supertone-layout.ts';

/** Nothing that runs a model reads these. */
const useless =
	/^(licen[cs]e|readme|notice|requirements|changelog|trainer_state|training_|all_results|eval_results|train_results|quant_log|latest)|\.index\.json$|\.onnx\.json$/i;
const atTop = /\.(json|jinja|model|mvn|ya?ml|txt)$|^voices\.(bin|npz|json)$/i;
/** A graph that is no model: it makes of sound what those of NeMo hear. */
export const featureGraph: RegExp = /^nemo\d{1,4}\.onnx$/;
const voices = /^voices\/[^/]+\.(bin|npy|npz|json)$/i;
const pooling = /^\d_[A-Za-z]+\/config\.json$/;
const parts =
	/^(tokenizer(_\d)?|scheduler|text_encoder(_\d)?|unet|transformer|vae|vae_decoder|vae_encoder|feature_extractor|image_processor|processor)$/;

/** Configuration, tokenizers, voices and what makes features: small, and needed by every build that is not one GGUF file. */
export function companions<F extends ListedFile>(files: readonly F[]): ReadonlyArray<RoledFile<F>> {
	return files.filter(({file}) => isCompanion(file)).map(file => ({role: companionRole(file.file), file}));
}

function isCompanion(file: string): boolean {
	const name = baseName(file);
	if (useless.test(name)) return false;
	const folder = folderOf(file);
	if (folder === '') return atTop.test(name) || featureGraph.test(name);
	if (voices.test(file) || supertoneCompanion.test(file)) return true;
	return pooling.test(file) || (parts.test(folder) && /\.(json|txt|model)$/i.test(name));
}
