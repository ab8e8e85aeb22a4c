import { createTheme, Input, Modal, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const signal: MantineColorsTuple = [
  '#eef4ff',
  '#dbe6fb',
  '#b7ccf4',
  '#8eb0ee',
  '#6c98e9',
  '#4f80dc',
  '#3a6dcf',
  '#2f5fbd',
  '#2651a5',
  '#1b4089',
];

/** Grounds and lines of the dark scheme, of the same blue as the rest. */
const dark: MantineColorsTuple = [
  '#dde3ea',
  '#b8c1cc',
  '#9aa5b3',
  '#6c7785',
  '#3f4a57',
  '#2c343f',
  '#222a34',
  '#1a2028',
  '#141920',
  '#0f1318',
];

export const theme = createTheme({
  primaryColor: 'signal',
  primaryShade: { light: 7, dark: 7 },
  colors: { signal, dark },
  defaultRadius: 'md',
  fontFamily:
    'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, sans-serif',
  fontFamilyMonospace:
    'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace',
  headings: { fontWeight: '600' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    // The head of a dialog is no second banner of the page.
    Modal: Modal.extend({ defaultProps: { attributes: { header: { role: 'none' } } } }),
    // Explanations of different length below the fields: the fields themselves stand in a row.
    InputWrapper: Input.Wrapper.extend({
      defaultProps: { inputWrapperOrder: ['label', 'input', 'error', 'description'] },
    }),
  },
});

/** Mantine's greys and reds are a little too light for small text (WCAG AA). */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#f6f7f9',
    '--mantine-color-text': '#1b2430',
    '--mantine-color-dimmed': '#55606e',
    '--mantine-color-placeholder': '#667080',
    '--mantine-color-error': '#b3261e',
    '--mantine-color-anchor': '#2651a5',
  },
  dark: {
    '--mantine-color-body': '#12161c',
    '--mantine-color-text': '#dde3ea',
    '--mantine-color-dimmed': '#9aa5b3',
    '--mantine-color-placeholder': '#8b96a5',
    '--mantine-color-error': '#ff9088',
    '--mantine-color-anchor': '#8eb0ee',
  },
});
