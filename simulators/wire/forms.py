"""All wire forms by name. A form's module is imported when it is asked for."""

from importlib import import_module
from typing import Final

from simulators.wire.port import Form

_CLASSES: Final = {
    "native": "native.NativeForm",
    "thingsboard": "thingsboard.ThingsboardForm",
    "thingsboard_gateway": "thingsboard.ThingsboardGatewayForm",
    "alink": "alink.AlinkForm",
    "iotda": "iotda.IotdaForm",
    "opcua_json": "opcua_json.OpcuaJsonForm",
    "plain": "plain.PlainForm",
    "mapping": "mapping.MappingForm",
    "sparkplug": "sparkplug_form.SparkplugForm",
    "hj212": "hj212_form.Hj212Form",
    "gb26875": "gb26875_form.Gb26875Form",
}
FORMS: Final = tuple(_CLASSES)
TCP_FORMS: Final = ("hj212", "gb26875")
"""Those that also go over TCP."""


def form_of(name: str) -> Form:
    """The form of that name. ValueError if there is none."""
    if name not in _CLASSES:
        raise ValueError(f"no wire form {name!r}, there are {', '.join(FORMS)}")
    module, _, cls = _CLASSES[name].partition(".")
    form: Form = getattr(import_module(f"simulators.wire.{module}"), cls)()
    return form
