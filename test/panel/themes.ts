/** Values of the default themes for every variable the page uses, as the editor sets them on its webviews. */

export type ThemeName = 'dark' | 'light' | 'hc-dark' | 'hc-light';

interface Theme {
  /** Class and kind that the editor gives the body. */
  readonly bodyClass: string;
  readonly variables: Readonly<Record<string, string>>;
}

const FONT = {
  'font-family': 'system-ui, "Ubuntu", "DejaVu Sans", sans-serif',
  'font-size': '13px',
  'font-weight': 'normal',
};

export const THEMES: Readonly<Record<ThemeName, Theme>> = {
  dark: {
    bodyClass: 'vscode-dark',
    variables: {
      ...FONT,
      foreground: '#cccccc', descriptionForeground: '#9d9d9d', 'icon-foreground': '#cccccc', errorForeground: '#f85149', focusBorder: '#0078d4',
      'sideBar-background': '#181818', 'sideBar-foreground': '#cccccc', 'sideBarSectionHeader-background': '#181818', 'sideBarSectionHeader-foreground': '#cccccc', 'sideBarSectionHeader-border': '#2b2b2b',
      'editor-foreground': '#cccccc', 'editor-background': '#1f1f1f', 'widget-border': '#313131', 'widget-shadow': 'rgba(0, 0, 0, 0.36)',
      'button-background': '#0078d4', 'button-foreground': '#ffffff', 'button-hoverBackground': '#026ec1', 'button-border': 'rgba(255, 255, 255, 0.07)',
      'button-secondaryBackground': '#313131', 'button-secondaryForeground': '#cccccc', 'button-secondaryHoverBackground': '#3c3c3c',
      'badge-background': '#616161', 'badge-foreground': '#f8f8f8', 'textLink-foreground': '#4daafc', 'textLink-activeForeground': '#4daafc',
      'list-hoverBackground': '#2a2d2e', 'list-inactiveSelectionBackground': '#37373d', 'toolbar-hoverBackground': 'rgba(90, 93, 94, 0.31)',
      'statusBarItem-errorBackground': '#b91007', 'statusBarItem-errorForeground': '#ffffff', 'statusBarItem-warningBackground': '#7a6400', 'statusBarItem-warningForeground': '#ffffff',
      'charts-blue': '#3794ff', 'charts-purple': '#b180d7', 'charts-green': '#89d185', 'charts-foreground': '#cccccc',
      'editorWarning-foreground': '#cca700', 'notificationsInfoIcon-foreground': '#3794ff', 'notificationsWarningIcon-foreground': '#cca700', 'notificationsErrorIcon-foreground': '#f14c4c',
      'testing-iconPassed': '#73c991', 'debugIcon-stopForeground': '#f48771', 'progressBar-background': '#0078d4',
      'input-background': '#313131', 'input-foreground': '#cccccc', 'input-border': '#3c3c3c', 'checkbox-background': '#313131', 'checkbox-foreground': '#cccccc', 'checkbox-border': '#3c3c3c',
      'scrollbarSlider-background': 'rgba(121, 121, 121, 0.4)', 'editor-findMatchHighlightBackground': 'rgba(234, 92, 0, 0.33)',
    },
  },
  light: {
    bodyClass: 'vscode-light',
    variables: {
      ...FONT,
      foreground: '#3b3b3b', descriptionForeground: '#3b3b3b', 'icon-foreground': '#3b3b3b', errorForeground: '#f85149', focusBorder: '#005fb8',
      'sideBar-background': '#f8f8f8', 'sideBar-foreground': '#3b3b3b', 'sideBarSectionHeader-background': '#f8f8f8', 'sideBarSectionHeader-foreground': '#3b3b3b', 'sideBarSectionHeader-border': '#e5e5e5',
      'editor-foreground': '#3b3b3b', 'editor-background': '#ffffff', 'widget-border': '#e5e5e5', 'widget-shadow': 'rgba(0, 0, 0, 0.16)',
      'button-background': '#005fb8', 'button-foreground': '#ffffff', 'button-hoverBackground': '#0258a8', 'button-border': 'rgba(0, 0, 0, 0.1)',
      'button-secondaryBackground': '#e5e5e5', 'button-secondaryForeground': '#3b3b3b', 'button-secondaryHoverBackground': '#cccccc',
      'badge-background': '#cccccc', 'badge-foreground': '#3b3b3b', 'textLink-foreground': '#005fb8', 'textLink-activeForeground': '#005fb8',
      'list-hoverBackground': '#f2f2f2', 'list-inactiveSelectionBackground': '#e4e6f1', 'toolbar-hoverBackground': 'rgba(184, 184, 184, 0.31)',
      'statusBarItem-errorBackground': '#c72e0f', 'statusBarItem-errorForeground': '#ffffff', 'statusBarItem-warningBackground': '#725102', 'statusBarItem-warningForeground': '#ffffff',
      'charts-blue': '#1a85ff', 'charts-purple': '#652d90', 'charts-green': '#388a34', 'charts-foreground': '#3b3b3b',
      'editorWarning-foreground': '#bf8803', 'notificationsInfoIcon-foreground': '#1a85ff', 'notificationsWarningIcon-foreground': '#bf8803', 'notificationsErrorIcon-foreground': '#e51400',
      'testing-iconPassed': '#73c991', 'debugIcon-stopForeground': '#a1260d', 'progressBar-background': '#005fb8',
      'input-background': '#ffffff', 'input-foreground': '#3b3b3b', 'input-border': '#cecece', 'checkbox-background': '#f8f8f8', 'checkbox-foreground': '#3b3b3b', 'checkbox-border': '#cecece',
      'scrollbarSlider-background': 'rgba(100, 100, 100, 0.4)', 'editor-findMatchHighlightBackground': 'rgba(234, 92, 0, 0.33)',
    },
  },
  'hc-dark': {
    bodyClass: 'vscode-high-contrast',
    variables: {
      ...FONT,
      foreground: '#ffffff', descriptionForeground: 'rgba(255, 255, 255, 0.7)', 'icon-foreground': '#ffffff', errorForeground: '#f48771', focusBorder: '#f38518', contrastBorder: '#6fc3df', contrastActiveBorder: '#f38518',
      'sideBar-background': '#000000', 'sideBar-foreground': '#ffffff', 'sideBarSectionHeader-foreground': '#ffffff', 'sideBarSectionHeader-border': '#6fc3df',
      'editor-foreground': '#ffffff', 'editor-background': '#000000', 'widget-border': '#6fc3df',
      'button-background': '#000000', 'button-foreground': '#ffffff', 'button-border': '#6fc3df', 'button-secondaryBackground': '#000000', 'button-secondaryForeground': '#ffffff',
      'badge-background': '#000000', 'badge-foreground': '#ffffff', 'textLink-foreground': '#21a6ff', 'textLink-activeForeground': '#21a6ff',
      'list-hoverBackground': 'rgba(255, 255, 255, 0.1)', 'toolbar-hoverOutline': '#f38518', 'statusBarItem-errorForeground': '#ffffff', 'statusBarItem-warningForeground': '#ffffff',
      'charts-blue': '#3794ff', 'charts-purple': '#b180d7', 'charts-green': '#89d185', 'charts-foreground': '#ffffff',
      'editorWarning-foreground': '#ffd370', 'notificationsInfoIcon-foreground': '#3794ff', 'notificationsWarningIcon-foreground': '#ffd370', 'notificationsErrorIcon-foreground': '#f48771',
      'testing-iconPassed': '#73c991', 'debugIcon-stopForeground': '#f48771', 'progressBar-background': '#6fc3df',
      'input-background': '#000000', 'input-foreground': '#ffffff', 'input-border': '#6fc3df', 'checkbox-background': '#000000', 'checkbox-foreground': '#ffffff', 'checkbox-border': '#6fc3df',
      'scrollbarSlider-background': 'rgba(111, 195, 223, 0.6)', 'editor-findMatchHighlightBorder': '#f38518',
    },
  },
  'hc-light': {
    bodyClass: 'vscode-high-contrast vscode-high-contrast-light',
    variables: {
      ...FONT,
      foreground: '#292929', descriptionForeground: 'rgba(41, 41, 41, 0.7)', 'icon-foreground': '#292929', errorForeground: '#b5200d', focusBorder: '#006bbd', contrastBorder: '#0f4a85', contrastActiveBorder: '#006bbd',
      'sideBar-background': '#ffffff', 'sideBar-foreground': '#292929', 'sideBarSectionHeader-foreground': '#292929', 'sideBarSectionHeader-border': '#0f4a85',
      'editor-foreground': '#292929', 'editor-background': '#ffffff', 'widget-border': '#0f4a85',
      'button-background': '#0f4a85', 'button-foreground': '#ffffff', 'button-hoverBackground': '#0f4a85', 'button-border': '#0f4a85', 'button-secondaryBackground': '#ffffff', 'button-secondaryForeground': '#292929',
      'badge-background': '#0f4a85', 'badge-foreground': '#ffffff', 'textLink-foreground': '#0f4a85', 'textLink-activeForeground': '#0f4a85',
      'list-hoverBackground': 'rgba(15, 74, 133, 0.1)', 'list-inactiveSelectionBackground': 'rgba(15, 74, 133, 0.1)', 'toolbar-hoverOutline': '#006bbd',
      'statusBarItem-errorBackground': '#b5200d', 'statusBarItem-errorForeground': '#ffffff', 'statusBarItem-warningBackground': '#895503', 'statusBarItem-warningForeground': '#ffffff',
      'charts-blue': '#1a85ff', 'charts-purple': '#652d90', 'charts-green': '#374e06', 'charts-foreground': '#292929',
      'editorWarning-foreground': '#895503', 'notificationsInfoIcon-foreground': '#1a85ff', 'notificationsWarningIcon-foreground': '#895503', 'notificationsErrorIcon-foreground': '#b5200d',
      'testing-iconPassed': '#007100', 'debugIcon-stopForeground': '#a1260d', 'progressBar-background': '#0f4a85',
      'input-background': '#ffffff', 'input-foreground': '#292929', 'input-border': '#0f4a85', 'checkbox-background': '#ffffff', 'checkbox-foreground': '#292929', 'checkbox-border': '#0f4a85',
      'scrollbarSlider-background': 'rgba(15, 74, 133, 0.4)', 'editor-findMatchHighlightBorder': '#0f4a85',
    },
  },
};
