-- For Quarto. Tables of the text get a box to scroll in, as those of cells have one.
local function box_tables(doc)
  for i, block in ipairs(doc.blocks) do
    if block.t == "Table" and block.identifier == "" and #block.caption.long == 0 then
      doc.blocks[i] = pandoc.Div(block, pandoc.Attr("", { "table-box" }))
    end
  end
end

-- Images are fetched when their reader comes near, as on the built-in renderer's pages.
function Image(image)
  image.attributes.loading = "lazy"
  return image
end

-- Puts the line that offers a chapter's notebook where the page wants it, else at its top.
-- `catdog notebooks` wrote the lines.
local function place_offer(doc)
  local folder = quarto.project.directory
  local file = folder and io.open(folder .. "/assets/notebooks/offers.json")
  if not file then return end
  local lines = pandoc.json.decode(file:read("a")).lines
  file:close()
  local line = lines[pandoc.path.make_relative(quarto.doc.input_file, folder)]
  if not line then return end
  local offer, placed = pandoc.Div(pandoc.read(line, "markdown").blocks, pandoc.Attr("", { "notebook-offer" })), false
  doc = doc:walk({
    Div = function(div)
      if not div.classes:includes("notebook-offer") then return end
      placed = true
      return offer
    end,
  })
  if not placed then doc.blocks:insert(1, offer) end
  return doc
end

function Pandoc(doc)
  box_tables(doc)
  return place_offer(doc) or doc
end
