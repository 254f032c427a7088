import path from 'node:path';
import {encodePng} from '../../src/media/picture/png.ts';
import {repositoryRoot} from './bundle.ts';

/** The plugins that show how one is written. */
export const classificationPlugin: string = path.join(repositoryRoot, 'test/examples/classification');
export const quickdrawPlugin: string = path.join(repositoryRoot, 'test/examples/quickdraw');

type Point = readonly [number, number];

const ring = (count: number, radius: (at: number) => number): readonly Point[] =>
	Array.from({length: count}, (_, at): Point => {
		const angle = Math.PI / 2 + (2 * Math.PI * at) / count;
		return [radius(at) * Math.cos(angle), -radius(at) * Math.sin(angle)];
	});

/** Outlines within a circle of radius 1. */
const outlines: Readonly<Record<string, readonly Point[]>> = {
	circle: ring(48, () => 0.9),
	square: ring(4, () => 1).map(([x, y]): Point => [(x + y) * 0.75, (x - y) * 0.75]),
	triangle: ring(3, () => 1),
	cross: [
		[-0.3, -1],
		[0.3, -1],
		[0.3, -0.3],
		[1, -0.3],
		[1, 0.3],
		[0.3, 0.3],
		[0.3, 1],
		[-0.3, 1],
		[-0.3, 0.3],
		[-1, 0.3],
		[-1, -0.3],
		[-0.3, -0.3],
	],
	star: ring(10, at => (at % 2 === 0 ? 1 : 0.43)),
};

export const shapes: readonly string[] = Object.keys(outlines);

export interface ShapeLook {
	readonly side?: number;
	readonly front?: readonly [number, number, number];
	readonly back?: readonly [number, number, number];
	/** Of half the side. */
	readonly radius?: number;
}

/** A shape in the middle of a square PNG. */
export function drawShape(name: string, look: ShapeLook = {}): Uint8Array {
	const {side = 96, front = [200, 30, 40], back = [250, 250, 245], radius = 0.7} = look;
	const outline = outlines[name] ?? [];
	const data = new Uint8Array(side * side * 3);
	for (let at = 0; at < side * side; at += 1) {
		const x = ((at % side) + 0.5 - side / 2) / ((side / 2) * radius);
		const y = (Math.floor(at / side) + 0.5 - side / 2) / ((side / 2) * radius);
		data.set(isInside([x, y], outline) ? front : back, at * 3);
	}
	return encodePng({data, width: side, height: side, channels: 3});
}

/** A ray from the point crosses an odd number of edges. */
function isInside([x, y]: Point, outline: readonly Point[]): boolean {
	let inside = false;
	for (const [index, [x1, y1]] of outline.entries()) {
		const [x0, y0] = outline.at(index - 1) ?? [0, 0];
		if (y0 > y !== y1 > y && x < ((x1 - x0) * (y - y0)) / (y1 - y0) + x0) inside = !inside;
	}
	return inside;
}
