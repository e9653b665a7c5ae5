// What a person does in the window, for tests of the whole product.
import { type HostPage } from './harness/page';

/** The status bar item. */
export const statusItem = ({ page }: HostPage) =>
  page.locator('.statusbar-item[id*="earmark.status"]');

/** Opens a file of the workspace by its name; the cursor stands at its start. */
export async function openFile({ page }: HostPage, name: string): Promise<void> {
  await page.keyboard.press('Control+P');
  await page.locator('.quick-input-widget input.input').first().fill(name);
  await page.locator('.quick-input-list .monaco-list-row').getByText(name).first().click();
  await page.locator('.tab.active').getByText(name).waitFor();
}

/** Puts the cursor at the end of the shown document. */
export async function cursorToEnd({ page }: HostPage): Promise<void> {
  await page.locator('.editor-instance .view-lines').first().click();
  await page.keyboard.press('Control+End');
}

/** A new last line in the shown document, saved. */
export async function typeAtEnd(window: HostPage, text: string): Promise<void> {
  await cursorToEnd(window);
  await window.page.keyboard.press('Enter');
  await window.page.keyboard.type(text, { delay: 30 });
  await window.page.keyboard.press('Control+S');
}

/** Drags the border of the side bar. */
export async function widenSideBar({ page }: HostPage, width = 400): Promise<void> {
  const box = await page.locator('.part.sidebar').boundingBox();
  if (!box) throw new Error('There is no side bar.');
  await page.mouse.move(box.x + box.width, box.y + 300);
  await page.mouse.down();
  await page.mouse.move(box.x + width, box.y + 300, { steps: 4 });
  await page.mouse.up();
}
