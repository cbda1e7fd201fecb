import { read } from "./disk.js";

export const LIMIT = 10;

export function load(name) {
  const text = read(name);
  return JSON.parse(text);
}

export function names(all) {
  return all.map((one) => one.name);
}
