import { useQuery } from '@tanstack/react-query';
import { getJson } from './client.js';
import type { Export, ModelLineage, Page } from './types.js';

/** Where a version comes from and what became of it. */
export function useLineage(version: string) {
  return useQuery({
    queryKey: ['lineage', version],
    queryFn: ({ signal }) => getJson<ModelLineage>(`/models/${version}/lineage`, undefined, signal),
  });
}

/** The export with this content, if it is still here. */
export function useExportOf(sha256: string) {
  return useQuery({
    queryKey: ['exports', 'content', sha256],
    queryFn: ({ signal }) => getJson<Page<Export>>('/exports', { sha256, limit: 1 }, signal),
  });
}
