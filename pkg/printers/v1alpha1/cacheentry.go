package v1alpha1

// CacheEntryList is the document of `cache list`.
type CacheEntryList struct {
	TypeMeta `json:",inline"`
	Metadata ListMeta     `json:"metadata"`
	Items    []CacheEntry `json:"items"`
}

// CacheEntry is the content with one digest in the cache. The digest is its name.
type CacheEntry struct {
	TypeMeta   `json:",inline"`
	Metadata   ObjectMeta `json:"metadata"`
	Digest     string     `json:"digest"`
	Content    string     `json:"content"`              // list, manifest, config, layer, or blob if no manifest in the cache names it
	Size       int64      `json:"size"`                 // bytes on disk, of the content and of what the cache derived from it
	LastUsed   string     `json:"lastUsed"`             // RFC 3339, to the hour
	Partial    bool       `json:"partial,omitempty"`    // an interrupted download, which the next run continues
	References []string   `json:"references,omitempty"` // the releases it belongs to
}

// NewCacheEntryList returns the list of entries. It sets their type and name.
func NewCacheEntryList(entries []CacheEntry) *CacheEntryList {
	list := &CacheEntryList{TypeMeta: typeMeta("CacheEntryList"), Items: make([]CacheEntry, 0, len(entries))}
	for _, entry := range entries {
		entry.TypeMeta, entry.Metadata.Name = typeMeta("CacheEntry"), entry.Digest
		list.Items = append(list.Items, entry)
	}
	return list
}

// Reorder moves item order[i] to place i.
func (l *CacheEntryList) Reorder(order []int) { l.Items = reordered(l.Items, order) }
