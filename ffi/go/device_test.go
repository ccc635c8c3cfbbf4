package miyao

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const softHSM = "/usr/lib/softhsm/libsofthsm2.so"

// freshToken is the URI of a fresh token of SoftHSM, for this process.
func freshToken(t *testing.T) string {
	if _, err := os.Stat(softHSM); err != nil {
		t.Skip("SoftHSM is not installed: apt-get install softhsm2")
	}
	directory := t.TempDir()
	tokens, conf, pin := filepath.Join(directory, "tokens"), filepath.Join(directory, "softhsm2.conf"), filepath.Join(directory, "pin")
	done(t, os.Mkdir(tokens, 0o700))
	done(t, os.WriteFile(conf, []byte("directories.tokendir = "+tokens+"\n"), 0o600))
	done(t, os.WriteFile(pin, []byte("123456"), 0o600))
	t.Setenv("SOFTHSM2_CONF", conf)
	out, err := exec.Command("softhsm2-util", "--init-token", "--free", "--label", "kms", "--so-pin", "12345678", "--pin", "123456").CombinedOutput()
	if err != nil {
		t.Fatal(string(out), err)
	}
	return "pkcs11:token=kms?module-path=" + softHSM + "&pin-source=file:" + pin
}

func TestARootStaysInItsDevice(t *testing.T) {
	uri := freshToken(t)
	path := filepath.Join(t.TempDir(), "store.db")
	kms := need[*KMS](t)(Init(path, PKCS11(uri), "service:orders"))
	newKey(t, kms, "orders", SpecSM4)
	sealed := need[[]byte](t)(kms.Encrypt(Name("orders"), []byte("text"), nil))
	done(t, kms.Close())

	device := need[*Device](t)(OpenDevice(uri, &DeviceSettings{Sessions: 2, Deadline: 5e9, PIN: nil}))
	if who := need[DeviceRecord](t)(device.Identity()); who.Label != "kms" || who.Serial == "" {
		t.Fatalf("%+v", who)
	}
	done(t, device.CheckHealth())
	again := need[*KMS](t)(Open(path, InDevice(device), "service:orders"))
	done(t, again.Attach(device))
	if devices := need[[]DeviceRecord](t)(again.Devices()); len(devices) != 1 {
		t.Fatal(devices)
	}
	done(t, device.Close()) // the store keeps what it needs
	if text := need[[]byte](t)(again.Decrypt(sealed, nil)); !bytes.Equal(text, []byte("text")) {
		t.Fatal(text)
	}
	done(t, again.Close())
	is(t, device.CheckHealth(), ErrClosed)
	_, err := Open(path, InDevice(device), "service:orders")
	is(t, err, ErrClosed)
	_, err = OpenDevice(uri, &DeviceSettings{Sessions: 5000})
	is(t, err, ErrInvalid)
	_, err = OpenDevice(uri, &DeviceSettings{Profile: "no such"})
	if err == nil {
		t.Fatal("a profile that does not exist")
	}
}
