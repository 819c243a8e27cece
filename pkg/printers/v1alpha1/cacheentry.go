package v1alpha1

// CacheEntryList is the document of the command cache list.
type CacheEntryList struct {
	TypeMeta `json:",inline"`
	Metadata ListMeta     `json:"metadata"`
	Items    []CacheEntry `json:"items"`
}

// CacheEntry is what is kept of one digest, which is its name.
type CacheEntry struct {
	TypeMeta   `json:",inline"`
	Metadata   ObjectMeta `json:"metadata"`
	Digest     string     `json:"digest"`
	Content    string     `json:"content"`              // list, manifest, config, layer, or blob for what no manifest here speaks of
	Size       int64      `json:"size"`                 // bytes on disk, of the content itself and of notes about it
	LastUsed   string     `json:"lastUsed"`             // RFC 3339, to the hour
	Partial    bool       `json:"partial,omitempty"`    // an interrupted download, which the next one goes on with
	References []string   `json:"references,omitempty"` // the releases it belongs to
}

// NewCacheEntryList makes the list of a cache's entries; their type is filled in.
func NewCacheEntryList(entries []CacheEntry) *CacheEntryList {
	list := &CacheEntryList{TypeMeta: typeMeta("CacheEntryList"), Items: make([]CacheEntry, 0, len(entries))}
	for _, entry := range entries {
		entry.TypeMeta, entry.Metadata.Name = typeMeta("CacheEntry"), entry.Digest
		list.Items = append(list.Items, entry)
	}
	return list
}

// Reorder puts item order[i] in place i.
func (l *CacheEntryList) Reorder(order []int) { l.Items = reordered(l.Items, order) }
