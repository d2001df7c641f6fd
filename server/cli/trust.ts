/**
 * How people make a laptop or phone trust the local authority.
 * @param ca path of its certificate on this machine
 */
export function howToTrust(ca: string): string {
  return `To trust it, give everybody the file ${ca} (never ca.key), and on each laptop or phone, once:

  Linux     sudo cp ca.crt /usr/local/share/ca-certificates/thon.crt && sudo update-ca-certificates
            (Fedora: /etc/pki/ca-trust/source/anchors/, then update-ca-trust)
            Chrome and Chromium have a list of their own: certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n THON -i ca.crt
            (certutil is in libnss3-tools), or chrome://certificate-manager, Local certificates, Custom, Import
  macOS     sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain ca.crt
  Windows   certutil -addstore -f ROOT ca.crt        (in a terminal run as administrator)
  Firefox   Settings, Privacy & Security, View Certificates, Authorities, Import: trust it for websites
  iPhone    open the file, Settings, General, VPN & Device Management, install;
            then General, About, Certificate Trust Settings: switch it on
  Android   Settings, Security, Encryption & credentials, Install a certificate, CA certificate

Whoever has ca.key can pass for any website to those who trust this authority: keep it on this machine, and have
people remove the authority after the event.`
}
