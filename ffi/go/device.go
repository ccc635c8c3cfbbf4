package miyao

import (
	"fmt"
	"time"
)

// Device is an encryption machine or token (PKCS#11), or several that stand in for each other, logged in to. Stores that it is attached to, and roots
// in it, keep it after Close.
type Device struct {
	handle *handle
}

// DeviceSettings say how a device is used; the zero value of each field is the default.
type DeviceSettings struct {
	Profiles string        // a file or directory of profiles, before those that are compiled in
	Profile  string        // the profile of this name, whatever the device says it is
	Suite    string        // seals root keys with this suite, such as sm4-gcm-device
	GMOnly   bool          // what is not 国密 is refused
	Sessions int           // at most so many sessions at once, 8 by default
	Deadline time.Duration // waits so long for an operation, 10 s by default
	Keypad   time.Duration // waits so long for a PIN that is typed at the device's own pad, 2 minutes by default
	PIN      []byte        `json:"-"` // where the URI has no pin-source; it is the caller's to Wipe
}

// String leaves the PIN out, so that settings can be logged.
func (s DeviceSettings) String() string {
	type bare DeviceSettings
	s.PIN = nil
	return fmt.Sprintf("%+v", bare(s))
}

// Format implements [fmt.Formatter] by String, whatever the verb; fmt of an unexported field of another type calls no method, and prints the PIN.
func (s DeviceSettings) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// OpenDevice opens the device that a URI of PKCS#11 (RFC 7512) names. Settings may be nil.
func OpenDevice(uri string, settings *DeviceSettings) (*Device, error) {
	return OpenDevices([]string{uri}, settings)
}

// OpenDevices opens several devices that hold the same keys as one: each is asked when those before it do not answer or refuse their PIN, and one has
// to answer now. Each URI gives the token or the serial of its device, by which keys of one that is down are found in the others. Where the URIs name
// a root key, all name the same. Settings, which may be nil, are for all of them, the PIN too.
func OpenDevices(uris []string, settings *DeviceSettings) (*Device, error) {
	if settings != nil && (settings.Sessions < 0 || settings.Deadline < 0 || settings.Keypad < 0) {
		return nil, errNegative
	}
	object, err := cDeviceOpen(uris, settings)
	if err != nil {
		return nil, err
	}
	return &Device{newHandleAside(object, cDeviceFree)}, nil
}

// Identity is who the device says it is.
func (d *Device) Identity() (DeviceRecord, error) {
	object, err := d.enter()
	if err != nil {
		return DeviceRecord{}, err
	}
	defer d.handle.leave()
	return record[DeviceRecord](cDeviceIdentity(object))
}

// CheckHealth says whether it answers and its keys can be used; of several devices, whether each does.
func (d *Device) CheckHealth() error {
	object, err := d.enter()
	if err != nil {
		return err
	}
	defer d.handle.leave()
	return cDeviceHealth(object)
}

// Hanging is how many calls hang in devices, which are left to themselves after the deadline, and how many devices there are.
func (d *Device) Hanging() (calls, devices int, err error) {
	object, err := d.enter()
	if err != nil {
		return 0, 0, err
	}
	defer d.handle.leave()
	return cDeviceHanging(object)
}

// AllowLogin says that the PIN was corrected, after [ErrDenied]: it is asked for again, and may be tried once more. One that the settings gave stays what it
// was: for another, open the device anew after [AllowDeviceLogins].
func (d *Device) AllowLogin() error {
	object, err := d.enter()
	if err != nil {
		return err
	}
	defer d.handle.leave()
	return cDeviceAllowLogin(object)
}

// AllowDeviceLogins is the same where no device was opened, because the PIN was wrong: a PIN may be tried once more with every token of the module that
// the URI names. A wrong one is not tried again by itself, since a few of them lock a token.
func AllowDeviceLogins(uri string) error { return cAllowDeviceLogins(uri) }

func (d *Device) enter() (pointer, error) {
	if d == nil {
		return nil, invalid("no device is given; open one with OpenDevice")
	}
	return d.handle.enter()
}

// Close ends its sessions once nothing else uses it.
func (d *Device) Close() error {
	if d == nil {
		return errNone
	}
	return d.handle.close()
}
