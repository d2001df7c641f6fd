import { builder } from './builder.ts'

/** What every page of a list has in addition to its `items`. */
export interface PageFacts {
  /** How many there are on all pages. */
  total: number
  /** Which page this is, from 1. */
  number: number
  /** The most rows of a page. */
  size: number
}

/** Which page of a list a query asks for; the first 50 rows by default. */
export const PageInput = builder.inputType('PageInput', {
  description: 'Which page of a list.',
  fields: (t) => ({
    number: t.int({ defaultValue: 1, description: 'From 1.' }),
    size: t.int({ defaultValue: 50, description: 'Rows of a page, 1 to 1000.' }),
  }),
})

/** One page of a list. Types that implement it add `items`, and figures of their own. */
export const Page = builder.interfaceRef<PageFacts>('Page').implement({
  description: 'One page of a list; every implementation adds `items`.',
  fields: (t) => ({
    total: t.exposeInt('total', { description: 'Rows on all pages.' }),
    number: t.exposeInt('number', { description: 'Which page this is, from 1.' }),
    size: t.exposeInt('size', { description: 'The most rows of a page.' }),
  }),
})
