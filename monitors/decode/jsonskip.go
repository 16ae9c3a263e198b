package decode

// skip reads a value that no path leads to. It is checked all the same.
func (d *JSON) skip(i, depth int) int {
	if i >= len(d.b) {
		return d.unexpected(i, "a value")
	}
	switch d.b[i] {
	case '"':
		end, _ := d.stringEnd(i + 1)
		return end
	case 't', 'f', 'n':
		return d.literal(i)
	case '{':
		if depth == maxDepth {
			return d.tooDeep(i)
		}
		return d.skipObject(i+1, depth+1)
	case '[':
		if depth == maxDepth {
			return d.tooDeep(i)
		}
		return d.skipArray(i+1, depth+1)
	default:
		return d.number(i)
	}
}

func (d *JSON) skipArray(i, depth int) int {
	if i = d.space(i); i < len(d.b) && d.b[i] == ']' {
		return i + 1
	}
	for more := true; more; {
		if i = d.skip(i, depth); i < 0 {
			return -1
		}
		i, more = d.nextElement(i)
	}
	return i
}

func (d *JSON) skipObject(i, depth int) int {
	if i = d.space(i); i < len(d.b) && d.b[i] == '}' {
		return i + 1
	}
	d.object++
	object := d.object
	for {
		if i = d.skipMember(i, depth, object); i < 0 {
			return -1
		}
		if i = d.space(i); i < len(d.b) && d.b[i] == '}' {
			return i + 1
		}
		if i >= len(d.b) || d.b[i] != ',' {
			return d.unexpected(i, "a comma or the object's end")
		}
		i = d.space(i + 1)
	}
}

func (d *JSON) skipMember(i, depth int, object uint64) int {
	if i >= len(d.b) || d.b[i] != '"' {
		return d.unexpected(i, "a name")
	}
	key, end := d.name(i + 1)
	if end < 0 {
		return -1
	}
	if !d.set.add(object, key) {
		return d.duplicate(i)
	}
	if i = d.space(end); i >= len(d.b) || d.b[i] != ':' {
		return d.unexpected(i, "a colon")
	}
	return d.skip(d.space(i+1), depth)
}
