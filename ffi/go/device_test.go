package miyao

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const softHSM = "/usr/lib/softhsm/libsofthsm2.so"

// tokens are two of SoftHSM, kms and other, made once for this process: a module is loaded once, and reads its configuration then.
var tokens struct {
	made      sync.Once
	directory string
	err       error
}

// freshToken is the URI of one of the tokens of SoftHSM, by the PIN in its file.
func freshToken(t *testing.T, label string) string {
	if _, err := os.Stat(softHSM); err != nil {
		t.Skip("SoftHSM is not installed: apt-get install softhsm2")
	}
	tokens.made.Do(func() { tokens.err = makeTokens() })
	done(t, tokens.err)
	return "pkcs11:token=" + label + "?module-path=" + softHSM + "&pin-source=file:" + filepath.Join(tokens.directory, "pin")
}

func makeTokens() (err error) {
	if tokens.directory, err = os.MkdirTemp("", "miyao"); err != nil {
		return err
	}
	conf := filepath.Join(tokens.directory, "softhsm2.conf")
	err = errors.Join(os.Mkdir(filepath.Join(tokens.directory, "tokens"), 0o700), os.Setenv("SOFTHSM2_CONF", conf),
		os.WriteFile(conf, []byte("directories.tokendir = "+filepath.Join(tokens.directory, "tokens")+"\n"), 0o600),
		os.WriteFile(filepath.Join(tokens.directory, "pin"), []byte("123456"), 0o600))
	for _, label := range []string{"kms", "other"} {
		out, failed := exec.Command("softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "12345678", "--pin", "123456").CombinedOutput()
		if failed != nil {
			err = errors.Join(err, failed, errors.New(string(out)))
		}
	}
	return err
}

func TestARootStaysInItsDevice(t *testing.T) {
	uri := freshToken(t, "kms")
	path := filepath.Join(t.TempDir(), "store.db")
	kms := need[*KMS](t)(Init(path, PKCS11(uri), "service:orders"))
	newKey(t, kms, "orders", SpecSM4)
	sealed := need[[]byte](t)(kms.Encrypt(Name("orders"), []byte("text"), nil))
	done(t, kms.Close())

	device := need[*Device](t)(OpenDevice(uri, &DeviceSettings{Sessions: 2, Deadline: 60e9, Keypad: 60e9, PIN: nil}))
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
	is(t, err, ErrMissing) // a profile that does not exist
}

func TestARootMovesBetweenDevices(t *testing.T) {
	open := func(label string) *Device {
		device := need[*Device](t)(OpenDevice(freshToken(t, label), &DeviceSettings{Suite: "sm2-ec-raw", GMOnly: true}))
		t.Cleanup(func() { device.Close() })
		return device
	}
	device, other := open("kms"), open("other")
	path, file := filepath.Join(t.TempDir(), "store.db"), filepath.Join(t.TempDir(), "root.key")
	kms := need[*KMS](t)(Init(path, InDevice(device), "service:orders"))
	newKey(t, kms, "orders", SpecSM4)
	sealed := need[[]byte](t)(kms.Encrypt(Name("orders"), []byte("text"), nil))
	opens := func(root Root) {
		t.Helper()
		again := need[*KMS](t)(Open(path, root, "service:orders"))
		defer again.Close()
		if text := need[[]byte](t)(again.Decrypt(sealed, nil)); string(text) != "text" {
			t.Fatal(text)
		}
	}
	before := need[RootRecord](t)(kms.Root())
	if before.Root == "passphrase" || before.Key == nil || !strings.HasPrefix(before.Key.Device, "kms ") || before.Unfinished != nil {
		t.Fatalf("%+v", before)
	}

	_, err := kms.ResumeRoot(device)
	is(t, err, ErrMissing)
	_, err = kms.MigrateRoot(device)
	is(t, err, ErrInvalid)
	_, err = kms.RotateRoot(other)
	is(t, err, ErrInvalid)
	_, err = kms.RotateRoot(nil)
	is(t, err, ErrInvalid)
	strictly(t, need[[]byte](t)(cKMSRecord(aboutRoot, kms.of())), new(RootRecord))
	strictly(t, need[[]byte](t)(cKMSRecord(aboutDevices, kms.of())), new([]DeviceRecord))
	changed := need[RootChange](t)(kms.RotateRoot(device))
	if changed.Root.ID == before.Key.ID || changed.Former.Key == nil || changed.Former.Key.ID != before.Key.ID {
		t.Fatalf("%+v", changed)
	}
	opens(InDevice(device))
	is(t, kms.ChangeRoot(InDevice(other)), ErrInvalid) // which names no key there
	again := need[[]byte](t)(cKMSRotateRoot(kms.of(), need[pointer](t)(device.enter())))
	device.handle.leave()
	strictly(t, again, &changed)
	if moved := need[RootChange](t)(kms.MigrateRoot(other)); moved.Former.Key.ID != changed.Root.ID || !strings.HasPrefix(moved.Root.Device, "other ") {
		t.Fatalf("%+v", moved)
	}
	opens(InDevice(other))
	_, err = Open(path, InDevice(device), "service:orders")
	is(t, err, ErrMissing)
	done(t, kms.ChangeRoot(NewKeyFile(file)))
	opens(KeyFile(file))
	done(t, kms.Close())
	_, err = kms.RotateRoot(device)
	is(t, err, ErrClosed)
	done(t, device.Close())
	_, err = kms.RotateRoot(device)
	is(t, err, ErrClosed)
	is(t, device.AllowLogin(), ErrClosed)
	is(t, kms.Attach(nil), ErrInvalid)
	_, err = Open(path, InDevice(nil), "service:orders")
	is(t, err, ErrInvalid)
}

func TestAKeyLivesInADevice(t *testing.T) {
	kms, path, root := newStore(t)
	device := need[*Device](t)(OpenDevice(freshToken(t, "other"), &DeviceSettings{Suite: "sm2-ec-raw"}))
	defer device.Close()
	inside := KeyOptions{Name: "reader", Spec: SpecSM2Encrypt, Protection: ProtectionHardware, Device: "other"}
	_, err := kms.Create(inside)
	is(t, err, ErrUnavailable) // the device is not attached
	done(t, kms.Attach(device))
	made := need[KeyRecord](t)(kms.Create(inside))
	if made.Protection != "hardware" || len(made.Versions) != 1 || made.Versions[0].Device == nil {
		t.Fatalf("%+v", made)
	}
	_, err = kms.Create(KeyOptions{Name: "signer", Spec: SpecSM2Sign, Protection: ProtectionHardware})
	is(t, err, ErrUnsupported) // this token signs no SM2
	decrypter := need[*KMSDecrypter](t)(kms.Decrypter(Name("reader")))
	ciphertext := need[[]byte](t)(decrypter.Public().(*SM2PublicKey).Encrypt([]byte("to the device"), SM2DER))
	if text := need[[]byte](t)(decrypter.Decrypt(nil, ciphertext, nil)); string(text) != "to the device" {
		t.Fatal(text)
	}
	ciphertext[len(ciphertext)-1] ^= 1
	_, err = decrypter.Decrypt(nil, ciphertext, nil)
	is(t, err, ErrRejected)
	done(t, kms.Close())

	// Without its device the key is not to be had.
	again := need[*KMS](t)(Open(path, KeyFile(root), "service:orders"))
	defer again.Close()
	_, err = again.SM2Decrypt(Name("reader"), ciphertext, SM2DER)
	is(t, err, ErrUnavailable)
}

func TestADeviceStandsInForOneThatIsNotThere(t *testing.T) {
	uri := freshToken(t, "kms")
	nobody := strings.Replace(uri, "token=kms", "token=nobody", 1)
	path := filepath.Join(t.TempDir(), "store.db")
	kms := need[*KMS](t)(Init(path, PKCS11(uri), "service:orders"))
	newKey(t, kms, "orders", SpecSM4)
	sealed := need[[]byte](t)(kms.Encrypt(Name("orders"), []byte("text"), nil))
	done(t, kms.Close())
	both := need[*Device](t)(OpenDevices([]string{nobody, uri}, nil))
	if calls, devices, err := both.Hanging(); calls != 0 || devices != 2 || err != nil {
		t.Fatal(calls, devices, err)
	}
	if who := need[DeviceRecord](t)(both.Identity()); who.Label != "kms" {
		t.Fatalf("%+v", who)
	}
	is(t, both.CheckHealth(), ErrUnavailable) // one of them
	for _, root := range []Root{InDevice(both), PKCS11(nobody, uri)} {
		again := need[*KMS](t)(Open(path, root, "service:orders"))
		if text := need[[]byte](t)(again.Decrypt(sealed, nil)); string(text) != "text" {
			t.Fatal(text)
		}
		done(t, again.Close())
	}
	_, err := OpenDevices([]string{nobody, nobody}, nil)
	is(t, err, ErrUnavailable)
	_, err = OpenDevices(nil, nil)
	is(t, err, ErrInvalid)
	_, err = OpenDevices([]string{strings.Replace(uri, "token=kms", "token=kms;id=%01", 1), uri}, nil)
	is(t, err, ErrInvalid) // two root keys
	done(t, both.Close())
	_, _, err = both.Hanging()
	is(t, err, ErrClosed)
}

func TestAWrongPINIsNotTriedAgainUntilItIsAllowed(t *testing.T) {
	uri := freshToken(t, "kms")
	bare := uri[:strings.Index(uri, "&pin-source")]
	_, err := OpenDevice(bare, &DeviceSettings{PIN: []byte("654321")})
	is(t, err, ErrDenied)
	_, err = OpenDevice(bare, &DeviceSettings{PIN: []byte("123456")})
	is(t, err, ErrDenied)
	done(t, AllowDeviceLogins(bare))
	device := need[*Device](t)(OpenDevice(bare, &DeviceSettings{PIN: []byte("123456")}))
	done(t, device.AllowLogin())
	done(t, device.CheckHealth())
	done(t, device.Close())
	done(t, device.Close())
	is(t, AllowDeviceLogins("pkcs11:token=kms"), ErrInvalid)
	is(t, AllowDeviceLogins("pkcs11:token=kms?module-path=/none.so"), ErrMissing)
}

func TestSettingsAreLoggedWithoutTheirPIN(t *testing.T) {
	settings := &DeviceSettings{Profile: "acme", PIN: []byte("secret")}
	for _, text := range []string{fmt.Sprint(settings), fmt.Sprint(*settings), fmt.Sprintf("%+v", settings), fmt.Sprintf("%#v", *settings), fmt.Sprintf("%d", settings),
		string(need[[]byte](t)(json.Marshal(settings)))} {
		if !strings.Contains(text, "acme") || strings.Contains(text, "115 101") || strings.Contains(text, "0x73, 0x65") || strings.Contains(text, "secret") || strings.Contains(text, "c2Vj") {
			t.Fatal(text)
		}
	}
	if string(settings.PIN) != "secret" {
		t.Fatal("the PIN is gone")
	}
}
