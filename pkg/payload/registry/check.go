package registry

import "context"

// CheckFiles reads the files that the options name (credentials, CA certificates, mirrors), so that a file that is missing
// or is not what its option says is found before anything is requested. Files that no option names are not looked at.
func (c *Client) CheckFiles(ctx context.Context) error {
	if _, err := c.rules(); err != nil {
		return err
	}
	if _, err := c.network.roots.own(); err != nil {
		return err
	}
	if c.options.AuthFile == "" {
		return nil
	}
	return c.credentials.Check(ctx)
}
