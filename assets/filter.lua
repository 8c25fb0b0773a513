-- One filter, two readers: FORMAT "html" is a page, all else the Markdown of a notebook.
local page = FORMAT:match("html") ~= nil
local NAMES = { fig = "Figure", tbl = "Table", sec = "Section" }
local counts, section, numbers = { fig = 0, tbl = 0 }, { 0, 0, 0, 0, 0, 0 }, {}

local function kind(label)
  return label:match("^(%l+)%-%S")
end

local function count(element)
  local label, kind = element.identifier, kind(element.identifier)
  if counts[kind] and not numbers[label] then
    counts[kind] = counts[kind] + 1
    numbers[label] = tostring(counts[kind])
  end
end

local function count_heading(heading)
  section[heading.level] = section[heading.level] + 1
  for deeper = heading.level + 1, 6 do section[deeper] = 0 end
  numbers[heading.identifier] = table.concat(section, ".", 2, heading.level)
end

local function inlines(markdown)
  return pandoc.utils.blocks_to_inlines(pandoc.read(markdown, "markdown").blocks)
end

local function html(tag, ...)
  local blocks = pandoc.Blocks({ pandoc.RawBlock("html", "<" .. tag .. ">") })
  for _, content in ipairs({ ... }) do blocks:extend(content) end
  blocks:insert(pandoc.RawBlock("html", "</" .. tag:match("^%w+") .. ">"))
  return blocks
end

local function numbered(label, caption)
  local text = pandoc.Inlines(caption)
  if numbers[label] then
    if #text > 0 then text:insert(1, pandoc.Space()) end
    local colon = #text > 0 and ":" or ""
    local name = pandoc.Str(NAMES[kind(label)] .. "\u{a0}" .. numbers[label] .. colon)
    text:insert(1, page and name or pandoc.Strong(name))
  end
  return text
end

local function figure(label, caption, content)
  local text = numbered(label, caption)
  if not page then
    return #text > 0 and content .. { pandoc.Para(text) } or content
  end
  local below = #text > 0 and html("figcaption", { pandoc.Plain(text) }) or {}
  local id = label ~= "" and ' id="' .. label .. '"' or ""
  if kind(label) == "tbl" then
    return html("figure" .. id .. ' class="table"', below, content)
  end
  return html("figure" .. id, content, below)
end

local function callout_type(div)
  for _, class in ipairs(div.classes) do
    local type = class:match("^callout%-(%l+)$")
    if type then return type end
  end
end

-- Before sections are counted: the heading that titles a callout is none of them.
local function take_title(div)
  local first = div.content[1]
  if callout_type(div) and not div.attributes.title and first and first.t == "Header" then
    div.content[1] = pandoc.Div(pandoc.Plain(first.content), { class = "title" })
    return div
  end
end

local function callout(div, type)
  local title, content = div.attributes.title, div.content
  local text = title and inlines(title)
  if not text and content[1] and content[1].classes and content[1].classes[1] == "title" then
    text = content:remove(1).content[1].content
  end
  local name = type:gsub("^%l", string.upper)
  if not page then
    return pandoc.BlockQuote({ pandoc.Para({ pandoc.Strong(text or name) }) } .. content)
  end
  if text then -- the color alone must not say what kind it is
    local spoken = pandoc.Span({ name .. ": " }, { class = "screen-reader-only" })
    text:insert(1, spoken)
  end
  local class = ' class="callout callout-' .. type .. '"'
  local words = { pandoc.Plain(text or name) }
  local fold = div.attributes.collapse
  if fold then
    local open = fold == "false" and " open" or ""
    return html("details" .. class .. open, html("summary", words), content)
  end
  return html("div" .. class, html('p class="callout-title"', words), content)
end

local function Div(div)
  local type = callout_type(div)
  if type then return callout(div, type) end
  if div.classes:includes("float") then
    local last = div.content:remove() -- the caption, by agreement with pandoc.py
    local caption = pandoc.utils.blocks_to_inlines(last.content)
    return figure(div.identifier, caption, div.content)
  end
  local parts = div.classes:includes("caption") or div.classes:includes("title")
  if not page and not parts then return div.content end
end

local function Figure(element)
  local caption = pandoc.utils.blocks_to_inlines(element.caption.long)
  return figure(element.identifier, caption, element.content)
end

local function Table(element)
  local caption = pandoc.utils.blocks_to_inlines(element.caption.long)
  local label = element.identifier
  element.identifier, element.caption = "", pandoc.Caption()
  -- No column widths: the browser measures better than the dashes of a pipe table.
  element.colspecs = element.colspecs:map(function(column) return { column[1], nil } end)
  local box = pandoc.Blocks({ element })
  if page then
    local words = pandoc.List({ "Table:" })
    for _, row in ipairs(element.head.rows) do
      for _, cell in ipairs(row.cells) do words:insert(pandoc.utils.stringify(cell.contents)) end
    end
    local name = { "aria-label", table.concat(words, " ") }
    local attributes = { { "role", "region" }, { "tabindex", "0" }, name }
    box = pandoc.Blocks({ pandoc.Div(element, pandoc.Attr("", { "table-box" }, attributes)) })
  end
  return (label ~= "" or #caption > 0) and figure(label, caption, box) or box
end

-- Figures of cells say what they were, by agreement with cells.py: its pixels and
-- their number to the inch. For other images, pandoc reads the file.
local function resolution(image)
  local width, height, dpi = (image.attributes.pixels or ""):match("^(%d+)x(%d+)@(%d+)$")
  image.attributes.pixels = nil
  if width then return width, height, dpi end
  local found, _, bytes = pcall(pandoc.mediabag.fetch, image.src)
  local read, size = pcall(pandoc.image.size, found and bytes or "")
  if not read then return end
  return size.width, size.height, size.dpi_horz + size.dpi_horz % 2 -- it cuts 191.998 to 191
end

-- With both sizes given, the text does not jump when an image arrives.
local function size(image)
  local width, height, dpi = resolution(image)
  local given = image.attributes.width
  if not width or image.attributes.height or (given and not tonumber(given)) then return end
  local shown = given or width * 96 / dpi
  image.attributes.width = string.format("%.0f", shown)
  image.attributes.height = string.format("%.0f", shown * height / width)
end

local function Image(image)
  local alt = image.attributes["fig-alt"]
  image.caption = alt and { pandoc.Str(alt) } or image.caption
  if not page then return pandoc.Emph(image.caption) end
  image.attributes["fig-alt"] = nil
  image.attributes.loading = "lazy"
  size(image)
  return image
end

local function Link(link)
  -- Colab gives headings other anchors.
  if not page and link.target:match("^#") then return link.content end
  local path, anchor = link.target:match("^([^:]*)%.qmd(#?.*)$")
  if not path then return end
  link.target = path .. ".html" .. anchor
  if page then return link end
  -- Notebooks lie in one folder, and only chapters have one.
  if path:match("index$") then return link.content end
  link.target = path:match("[^/]*$") .. ".ipynb"
  return link
end

local function Cite(cite)
  local words = pandoc.Inlines({})
  for i, citation in ipairs(cite.citations) do
    local label = citation.id
    local name = NAMES[kind(label) or ""]
    if not name then return end
    local bare = citation.mode == "SuppressAuthor"
    local text = (bare and "" or name .. "\u{a0}") .. (numbers[label] or "?")
    local target = "#" .. label
    if i > 1 then words:extend({ pandoc.Str(","), pandoc.Space() }) end
    words:insert(page and pandoc.Link(text, target, "", { class = "quarto-xref" }) or text)
  end
  return words
end

-- Annotations: `# <1>` ends a line of code, and a list right below says more about it.
local ANNOTATION = "%s*#%s*<(%d+)>%s*$"
local annotated = 0

local function each_line(code, change)
  local lines = pandoc.List({})
  for line in (code.text .. "\n"):gmatch("(.-)\n") do lines:insert(change(line, #lines + 1)) end
  code.text = table.concat(lines, "\n")
end

-- Takes the annotations out of code and returns whether there were any.
local function take_annotations(code)
  local marks = pandoc.List({})
  each_line(code, function(line, number)
    local note = line:match(ANNOTATION)
    if note then marks:insert(number .. ":" .. note) end
    return (line:gsub(ANNOTATION, ""))
  end)
  if #marks == 0 then return false end
  annotated = annotated + 1
  code.identifier = "annotated-cell-" .. annotated
  code.classes:insert("code-annotation-code")
  code.attributes.marks = table.concat(marks, " ")
  return true
end

-- The same elements and classes as in Quarto's pages; the numbers are links as well.
local function with_marks(code)
  local notes, seen, id = {}, {}, code.identifier
  for line, note in code.attributes.marks:gmatch("(%d+):(%d+)") do
    if not seen[note] then notes[line] = note end -- as Quarto, only the first line
    seen[note] = true
  end
  code.attributes.marks = nil
  local text = pandoc.write(pandoc.Pandoc({ code }), "html", { wrap_text = "none" })
  local start = '<span id="' .. id:gsub("%-", "%%-") .. '%-(%d+)">'
  text = text:gsub(start, function(line)
    local note, span = notes[line], '<span id="' .. id .. "-" .. line .. '"'
    if not note then return span .. ">" end
    return '<a class="code-annotation-anchor" href="#' .. id .. "-note-" .. note
      .. '" data-target-cell="' .. id .. '" data-target-annotation="' .. note
      .. '" aria-label="Note ' .. note .. '">' .. note .. "</a>"
      .. span .. ' class="code-annotation-target">'
  end)
  return pandoc.RawBlock("html", text)
end

local function notes_on(code, list)
  local items = pandoc.Blocks({})
  for i, item in ipairs(list.content) do
    local note = tostring(list.start + i - 1)
    local ids = ' id="' .. code.identifier .. "-note-" .. note .. '" data-target-cell="'
      .. code.identifier .. '" data-target-annotation="' .. note .. '"'
    items:extend(html("dt" .. ids, { pandoc.Plain(note) }))
    items:extend(html("dd", item))
  end
  return html('dl class="code-annotation-container-grid"', items)
end

local function annotate(blocks)
  local done, code, cell = pandoc.Blocks({}), nil, nil
  for _, block in ipairs(blocks) do
    if code and block.t == "OrderedList" then
      local notes = notes_on(code, block)
      if cell then
        cell.content:insert(2, pandoc.Div(notes, { class = "cell-annotation" }))
        done[#done] = cell
      else
        done:extend(notes)
      end
      code = nil
    else
      cell = block.t == "Div" and block.classes:includes("cell") and block
      code = cell and cell.content[1] or block
      if not (code.t == "CodeBlock" and take_annotations(code)) then code = nil end
      if cell and code then cell.content[1] = code end
      done:insert(cell or block)
    end
  end
  return done
end

local function CodeBlock(code)
  local is_cell = code.classes:includes("cell-code")
  if not page then
    if is_cell then return pandoc.RawBlock(FORMAT, "\u{240c}") end
    each_line(code, function(line) return (line:gsub("#%s*<(%d+)>%s*$", "# (%1)")) end)
    return code
  end
  local fold, summary = code.attributes["code-fold"], code.attributes["code-summary"]
  code.attributes["code-fold"], code.attributes["code-summary"] = nil, nil
  local shown = code.attributes.marks and with_marks(code) or code
  if fold then
    local open = fold == "show" and " open" or ""
    local words = { pandoc.Plain(inlines(summary)) }
    return html('details class="code-fold"' .. open, html("summary", words), { shown })
  end
  return shown
end

local function Note(note)
  if page then return end
  return { pandoc.Str(" (") } .. pandoc.utils.blocks_to_inlines(note.content) .. { ")" }
end

function Pandoc(doc)
  local floats = { Div = count, Figure = count, Table = count, Header = count_heading }
  floats.traverse = "topdown"
  doc = doc:walk({ Div = take_title })
  if page then doc = doc:walk({ traverse = "topdown", Blocks = annotate }) end
  doc:walk(floats)
  doc = doc:walk({ Cite = Cite, Link = Link, Image = Image, CodeBlock = CodeBlock })
  doc = doc:walk({ Div = Div, Figure = Figure, Table = Table, Note = Note })
  if page then
    local toc = pandoc.structure.table_of_contents(doc.blocks, { toc_depth = 3 })
    doc.blocks:insert(1, pandoc.RawBlock("html", "<!-- text -->"))
    doc.blocks:insert(1, toc)
  end
  return doc
end
