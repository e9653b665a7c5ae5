/**
 * A speech detector shared by all engines: it starts with the first engine that needs it and stops
 * with the last.
 */
import type { DetectorService } from './speechEngine';

/** @returns a function that creates a handle for an engine */
export function shareDetectors(service: DetectorService): () => DetectorService {
  const users = new Set<object>();
  return () => {
    const user = {};
    return {
      start: () => {
        users.add(user);
        return service.start();
      },
      stop: () => {
        if (users.delete(user) && users.size === 0) service.stop();
      },
      // The detector belongs to no engine; its owner reports its health once.
      health: () => [],
      create: (source) => service.create(source),
    };
  };
}
