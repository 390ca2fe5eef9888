// Reads a JSON array of DTDL documents, writes for each what DTDL's own parser says against it.
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'

const { parse } = await import(pathToFileURL(process.argv[2]).href)

const refusals = (document) => {
  try {
    parse(JSON.stringify(document))
    return []
  } catch (error) {
    const said = JSON.parse(error.message)
    return said.ExceptionKind === 'Resolution'
      ? said.Undefined.map((id) => `undefined: ${id}`)
      : said.Errors.map((one) => one.Cause)
  }
}

const answers = JSON.stringify(JSON.parse(await text(process.stdin)).map(refusals))
// The parser's runtime would keep the process for ten seconds after its last work.
process.stdout.write(answers, () => process.exit())
