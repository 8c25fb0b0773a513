-- For Quarto: puts the line that offers a chapter's notebook at the top of its page.
-- `catdog notebooks` wrote the lines.
function Pandoc(doc)
  local folder = quarto.project.directory
  local file = folder and io.open(folder .. "/assets/notebooks/offers.json")
  if not file then return end
  local lines = pandoc.json.decode(file:read("a")).lines
  file:close()
  local name = pandoc.path.make_relative(quarto.doc.input_file, folder)
  if lines[name] then
    local line = pandoc.read(lines[name], "markdown").blocks
    doc.blocks:insert(1, pandoc.Div(line, pandoc.Attr("", { "notebook-offer" })))
    return doc
  end
end
