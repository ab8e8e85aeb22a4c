import { Component, type ReactNode } from 'react';
import { ProblemNotice } from '../ui/problem-notice.js';

interface State {
  readonly error: Error | null;
}

/** A page that fails to show says so and leaves the rest of the dashboard usable. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    const isOutdated = /dynamically imported module|module script/i.test(error.message);
    const detail = isOutdated
      ? 'The service was updated since this page was opened. Reload it to get the new version.'
      : `This page could not be shown: ${error.message}`;
    return (
      <ProblemNotice
        error={new Error(detail)}
        retry={() => {
          window.location.reload();
        }}
      />
    );
  }
}
