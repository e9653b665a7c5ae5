/**
 * One speech detector for all engines: it starts with the first engine that needs it and stops with
 * the last.
 */
import type { DetectorService } from './speechEngine';

/** @returns makes the handle of one engine */
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
      // It belongs to no single engine; who shares it tells of it once.
      health: () => [],
      create: (source) => service.create(source),
    };
  };
}
