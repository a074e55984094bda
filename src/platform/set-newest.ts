/** Sets an entry as the newest of a map that holds at most so many: the oldest goes. */
export function setNewest<Key, Value>(
  map: Map<Key, Value>,
  key: Key,
  value: Value,
  mostEntries: number,
): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next();
  if (map.size > mostEntries && oldest.done !== true) map.delete(oldest.value);
}
