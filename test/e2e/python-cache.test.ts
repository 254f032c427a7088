import {spawn, spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, onTestFinished, test} from 'vitest';
import {seeded, type HubRepository} from '../fixtures/hub/repository.ts';
import {startHub, type HubServer} from '../fixtures/hub/start-hub.ts';
import {tinyLlama, writeGguf} from '../helpers/gguf.ts';
import {guidePresent, newUser, patience, type User} from '../helpers/user.ts';

/** `MOFA_TEST_PYTHON`, or the system's own, where it has `huggingface_hub`. */
const python = [process.env['MOFA_TEST_PYTHON'], 'python3'].find(
	candidate => candidate !== undefined && spawnSync(candidate, ['-c', 'import huggingface_hub']).status === 0,
);
if (python === undefined)
	console.warn('SKIPPED: sharing the cache with Python needs huggingface_hub (MOFA_TEST_PYTHON=/path/to/python)');

const repository: HubRepository = {
	name: 'someone/Shared-GGUF',
	files: {
		'README.md': Buffer.from('# Shared\n'),
		'config.json': Buffer.from('{"model_type": "llama"}'),
		'Shared-F32.gguf': Buffer.concat([writeGguf(tinyLlama), seeded(5, 6_000_000)]),
	},
	license: 'mit',
	pipelineTag: 'text-generation',
	tags: ['gguf'],
};

describe.skipIf(!guidePresent || python === undefined)('the cache that is shared with Python', patience, () => {
	test('Python reads what mofa has fetched', async () => {
		const {hub, user} = await start();
		expect(await user.run(['pull', 'someone/Shared-GGUF'])).toMatchObject({code: 0});
		const before = hub.requests.length;
		const seen = await inPython(
			user,
			`
from huggingface_hub import scan_cache_dir, hf_hub_download, snapshot_download
cache = scan_cache_dir()
repos = [r for r in cache.repos if r.repo_id == "someone/Shared-GGUF"]
print(json.dumps({
	"warnings": [str(w) for w in cache.warnings],
	"size": [r.size_on_disk for r in repos],
	"refs": [sorted(r.refs) for r in repos],
	"files": sorted(f.file_name for r in repos for v in r.revisions for f in v.files),
	"file": hf_hub_download("someone/Shared-GGUF", "Shared-F32.gguf", local_files_only=True),
	"snapshot": snapshot_download("someone/Shared-GGUF", local_files_only=True, allow_patterns=["*.gguf"]),
}))`,
		);
		expect(seen['warnings']).toEqual([]);
		expect(seen['refs']).toEqual([['main']]);
		expect(seen['files']).toEqual(['Shared-F32.gguf']);
		expect(existsSync(String(seen['file']))).toBe(true);
		expect(path.dirname(String(seen['file']))).toBe(seen['snapshot']);
		expect(hub.requests.length).toBe(before);
	});

	test('mofa lists and verifies what Python has fetched, and fetches none of it again', async () => {
		const {hub, user} = await start();
		await inPython(
			user,
			`
from huggingface_hub import snapshot_download
print(json.dumps({"snapshot": snapshot_download("someone/Shared-GGUF")}))`,
		);
		expect((await user.run(['list'])).out).toContain('someone/Shared-GGUF:F32');
		expect(await user.run(['verify', 'someone/Shared-GGUF'])).toMatchObject({code: 0});
		const sent = hub.sentBytes();
		const pulled = await user.run(['pull', 'someone/Shared-GGUF', '--json']);
		expect(pulled).toMatchObject({code: 0});
		expect(pulled.out).toContain('"source":"present"');
		// The header is looked at before a pull, to tell whether it fits.
		expect(hub.sentBytes() - sent).toBeLessThan(1_000_000);
	});

	test('a file that Python deletes is gone for mofa, and the other way round', async () => {
		const {user} = await start();
		await user.run(['pull', 'someone/Shared-GGUF']);
		await inPython(
			user,
			`
from huggingface_hub import scan_cache_dir
cache = scan_cache_dir()
cache.delete_revisions(*[v.commit_hash for r in cache.repos for v in r.revisions]).execute()
print("{}")`,
		);
		expect((await user.run(['list'])).out).not.toContain('Shared');
		await user.run(['pull', 'someone/Shared-GGUF']);
		expect(await user.run(['rm', 'someone/Shared-GGUF', '--yes'])).toMatchObject({code: 0});
		const seen = await inPython(
			user,
			`
from huggingface_hub import scan_cache_dir
cache = scan_cache_dir()
print(json.dumps({"repos": len(cache.repos), "warnings": [str(w) for w in cache.warnings]}))`,
		);
		expect(seen).toEqual({repos: 0, warnings: []});
	});
});

async function start(): Promise<{readonly hub: HubServer; readonly user: User}> {
	const hub = await startHub({repositories: [repository]});
	onTestFinished(() => hub.close());
	const user = newUser({HF_ENDPOINT: hub.endpoint, NO_PROXY: '127.0.0.1,localhost', no_proxy: '127.0.0.1,localhost'});
	user.env['HF_HOME'] = user.file('hf');
	return {hub, user};
}

/** The last line that the script prints, which is JSON. The Hub is in this process, so nothing may block it. */
function inPython(user: User, script: string): Promise<Readonly<Record<string, unknown>>> {
	return new Promise((resolve, reject) => {
		const child = spawn(python ?? 'python3', ['-c', `import json\n${script}`], {
			env: {...user.env, HF_HUB_DISABLE_PROGRESS_BARS: '1', HF_HUB_DISABLE_TELEMETRY: '1', HF_HUB_DISABLE_XET: '1'},
		});
		const texts = {out: '', err: ''};
		child.stdout.on('data', chunk => (texts.out += String(chunk)));
		child.stderr.on('data', chunk => (texts.err += String(chunk)));
		child.once('error', reject);
		child.once('close', code => {
			if (code !== 0) return reject(new Error(texts.err));
			resolve(JSON.parse(texts.out.trim().split('\n').at(-1) ?? '') as Readonly<Record<string, unknown>>);
		});
	});
}
