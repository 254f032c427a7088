/** A small repeatable source of chance (mulberry32): the same seed makes the same corpus, byte for byte. */
export class Random {
	constructor(seed) {
		this.state = seed >>> 0;
	}

	/** 0 ≤ x < 1 */
	next() {
		this.state = (this.state + 0x6d2b79f5) >>> 0;
		let t = this.state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	}

	chance(probability) {
		return this.next() < probability;
	}

	below(count) {
		return Math.floor(this.next() * count);
	}

	pick(list) {
		return list[this.below(list.length)];
	}

	shuffled(list) {
		const out = [...list];
		for (let i = out.length - 1; i > 0; i--) {
			const j = this.below(i + 1);
			[out[i], out[j]] = [out[j], out[i]];
		}
		return out;
	}

	/** `weights[i]` times as likely to give i. */
	weighted(cumulative) {
		const at = this.next() * cumulative.at(-1);
		let low = 0;
		let high = cumulative.length - 1;
		while (low < high) {
			const middle = (low + high) >> 1;
			if (cumulative[middle] > at) high = middle;
			else low = middle + 1;
		}
		return low;
	}
}
