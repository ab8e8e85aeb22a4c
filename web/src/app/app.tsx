import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { ProblemError } from '../api/problem.js';
import { KeyGate } from './key-gate.js';
import { Pages } from './pages.js';
import { Shell } from './shell.js';
import { theme, variables } from './theme.js';

/** What will not be different a moment later is not asked again. */
function isWorthRetrying(failures: number, error: unknown): boolean {
  if (failures >= 2) return false;
  return !(error instanceof ProblemError) || error.problem.status === 0 || error.problem.status >= 502;
}

const queries = new QueryClient({
  defaultOptions: {
    queries: { retry: isWorthRetrying, staleTime: 5_000, refetchOnWindowFocus: true },
  },
});

export function App({ nonce }: { readonly nonce: string }) {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      <QueryClientProvider client={queries}>
        <Shell>
          <Pages />
        </Shell>
        <KeyGate />
      </QueryClientProvider>
    </MantineProvider>
  );
}
