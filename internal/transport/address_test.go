package transport

import (
	"errors"
	"net/netip"
	"testing"
)

func TestGuardRefusesAddresses(t *testing.T) {
	for address, want := range map[string]struct{ linkLocal, local bool }{ // who refuses it
		"127.0.0.1":              {false, true},
		"127.1.2.3":              {false, true},
		"::1":                    {false, true},
		"::ffff:127.0.0.1":       {false, true},
		"169.254.169.254":        {true, true},
		"::ffff:169.254.169.254": {true, true},
		"fe80::1%eth0":           {true, true},
		"ff01::1":                {true, true},
		"ff02::1":                {true, true},
		"224.0.0.1":              {true, true},
		"fd00:ec2::254":          {true, true},
		"0.0.0.0":                {true, true},
		"::":                     {true, true},
		"192.0.2.1":              {false, false},
		"10.0.0.1":               {false, false}, // private networks hold real registries
		"fd00:ec2::255":          {false, false},
		"2001:db8::1":            {false, false},
	} {
		a := netip.MustParseAddr(address)
		if Open.Refuses(a) || LinkLocal.Refuses(a) != want.linkLocal || Local.Refuses(a) != want.local {
			t.Errorf("%s: got %v, %v, %v", address, Open.Refuses(a), LinkLocal.Refuses(a), Local.Refuses(a))
		}
		err := Local.control(t.Context(), "tcp", netip.AddrPortFrom(a, 443).String(), nil)
		if refused := errors.Is(err, ErrGuarded); refused != want.local {
			t.Errorf("dialling %s: %v", address, err)
		}
	}
}

func TestGuardRefusesNames(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST.": true, "a.localhost": true, "127.0.0.1": true, "127.0.0.1.": true, "::1": true, "169.254.1.1": true,
		"localhost.example": false, "10.0.0.1": false, "example.com": false,
	} {
		if Local.RefusesName(host) != want || Open.RefusesName(host) {
			t.Errorf("%s: want %v", host, want)
		}
	}
	if GuardFor("127.0.0.1") != LinkLocal || GuardFor("localhost") != LinkLocal || GuardFor("quay.io") != Local {
		t.Error("the guard is for another server")
	}
	if LinkLocal.RefusesName("localhost") || !LinkLocal.RefusesName("169.254.169.254") {
		t.Error("a server on this machine may name its other ports alone")
	}
}
